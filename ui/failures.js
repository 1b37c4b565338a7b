// The tab "Failures": what could not be done, by cause, with what to do about it.
(() => {
  "use strict";

  const page = window.PlexSyncPage;
  const { React, h, parts } = page;
  const { Button } = window.PluginApi.libraries.Bootstrap;
  const { Link } = window.PluginApi.libraries.ReactRouterDOM;

  const FIRST = 5;
  const MORE = 50;

  const isScene = (job) => job.kind === "scene";

  function Job({ job, scene, onRetried }) {
    const t = page.useTexts();
    const retry = async () => {
      await page.order("retry", { scenes: [job.object_id] });
      onRetried();
    };
    const told = h("div", { className: "plexsync-text text-muted" }, t.said(job.error));
    if (!isScene(job)) {
      const name = t("object", { kind: t.word("kind", job.kind), id: String(job.object_id) });
      // As Stash calls their pages.
      return h("li", null, h(Link, { to: `/${job.kind}s/${job.object_id}`, className: "plexsync-scene-title" }, name), told);
    }
    return h(
      "li",
      null,
      h(
        parts.SceneLine,
        { id: job.object_id, scene },
        told,
        h(parts.Action, { run: retry, done: t("retry.queued"), variant: "secondary" }, t("retry"))
      )
    );
  }

  // Later pages of a group, as far as somebody has asked for them.
  function useMore(group) {
    const [more, setMore] = React.useState([]);
    const jobs = [...group.jobs, ...more];
    const load = async () => {
      const args = { reason: group.reason, offset: jobs.length, limit: MORE };
      const found = (await page.ask("failures", args)).failures;
      const same = found.find((each) => each.reason === group.reason);
      setMore([...more, ...((same && same.jobs) || [])]);
    };
    return { jobs, load };
  }

  function Group({ group, onRetried }) {
    const t = page.useTexts();
    const { jobs, load } = useMore(group);
    const scenes = page.useScenes(jobs.filter(isScene).map((job) => job.object_id));
    const retry = async () => {
      await page.order("retry", { reason: group.reason });
      onRetried();
    };
    return h(
      parts.Section,
      {
        title: `${t.word("reason", group.reason)} (${t.number(group.count)})`,
        aside: h(parts.Action, { run: retry, done: t("retry.queued") }, t("retry.group")),
      },
      group.advice && h("p", { className: "plexsync-text" }, t.said(group.advice)),
      h(
        "ul",
        { className: "plexsync-list" },
        jobs.map((job) =>
          h(Job, { key: `${job.kind} ${job.object_id}`, job, scene: scenes[job.object_id], onRetried })
        )
      ),
      jobs.length < group.count && h(parts.Action, { run: load }, t("more", { count: group.count - jobs.length }))
    );
  }

  function Groups({ groups, missing, onRetried }) {
    const t = page.useTexts();
    const total = groups.reduce((sum, each) => sum + each.count, 0);
    if (!total) return h("p", { className: "plexsync-nothing" }, missing ? t("failures.missing", { count: missing }) : t("failures.none"));
    const retry = async () => {
      await page.order("retry", { all: true });
      onRetried();
    };
    return h(
      React.Fragment,
      null,
      h(
        "div",
        { className: "plexsync-bar" },
        h("span", { role: "status" }, t("failures.count", { count: total })),
        h(parts.Action, { run: retry, done: t("retry.queued"), variant: "primary" }, t("retry.all"))
      ),
      groups.map((group) => h(Group, { key: group.reason, group, onRetried }))
    );
  }

  parts.Failures = function Failures() {
    const t = page.useTexts();
    const { data: status } = page.useStatus();
    const failed = status && page.failuresIn(status);
    // Those are looked for again for a week before they count as failed.
    const missing = (status && status.counts && status.counts.not_in_plex) || 0;
    const answer = page.useAnswer(() => page.ask("failures", { limit: FIRST }), [failed]);
    return h(
      "div",
      null,
      h(parts.Answer, { answer, reload: answer.reload }, (data) =>
        h(Groups, { groups: data.failures, missing, onRetried: answer.reload })
      ),
      answer.data && h(Button, { size: "sm", variant: "link", onClick: answer.reload }, t("refresh"))
    );
  };
})();
