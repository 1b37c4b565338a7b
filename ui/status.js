// How things stand, asked once for everything on the page that shows it.
(() => {
  "use strict";

  const page = window.PlexSyncPage;

  const BUSY_MS = 2000;
  const FIRST_MS = 4000;
  const SLOWEST_MS = 60000;

  const isBusy = (status) =>
    Boolean(status.run) || (status.activity && status.activity.state === "working");

  // What moves though nothing has happened.
  const steady = (status) => JSON.stringify({ ...status, now: 0, alive_at: 0 });

  page.isBusy = isBusy;

  /** How many failures are listed, of all reasons. */
  page.failuresIn = (status) => (status.failures || []).reduce((sum, each) => sum + each.count, 0);

  page.slower = ({ unchanged }) => Math.min(FIRST_MS * 1.5 ** unchanged, SLOWEST_MS);

  page.status = new page.Poll({
    load: () => page.ask("status"),
    busy: isBusy,
    key: steady,
    delay: ({ data, error, unchanged }) =>
      data && !error && isBusy(data) && unchanged < 30 ? BUSY_MS : page.slower({ unchanged }),
  });

  page.useStatus = () => page.usePoll(page.status);

  /** Do something and look at once what has become of it. */
  page.order = async (what, args) => {
    const answer = await page.act(what, args);
    page.status.refresh();
    return answer;
  };
})();
