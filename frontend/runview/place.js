// What of a run is looked at, kept in the page's address: the chosen step, the tab, the moment, the run beside it.

/** The value of one part of the address; empty where it has none. */
export const placed = (name) => new URLSearchParams(window.location.search).get(name) ?? "";

/** Write parts into the address without leaving the page; empty ones are taken out. */
export function place(parts) {
  const asked = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(parts)) {
    if (value === null || value === undefined || value === "") asked.delete(name);
    else asked.set(name, String(value));
  }
  const query = asked.toString();
  const address = window.location.pathname + (query ? `?${query}` : "") + window.location.hash;
  if (address !== window.location.pathname + window.location.search + window.location.hash) {
    window.history.replaceState(window.history.state, "", address);
  }
}
