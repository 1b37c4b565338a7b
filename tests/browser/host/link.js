// How the client reaches Stash: below the prefix of the address, and to the login page where the
// session has ended.

export function createLink(Apollo, base) {
  const http = new Apollo.HttpLink({ uri: `${base}graphql`, credentials: "same-origin" });
  const toLogin = new Apollo.ApolloLink((operation, forward) =>
    new Apollo.Observable((observer) => {
      const subscription = forward(operation).subscribe({
        next: (value) => observer.next(value),
        complete: () => observer.complete(),
        error: (error) => {
          if (error.statusCode === 401) {
            const back = encodeURIComponent(window.location.href);
            window.location.href = `${base}login?returnURL=${back}`;
          }
          observer.error(error);
        },
      });
      return () => subscription.unsubscribe();
    })
  );
  return toLogin.concat(http);
}
