// The app's API: requests with the function key, answers as objects, mistakes as Problems.

const BASE = new URL(".", location.href);
const KEY = "function-key";

export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** What went wrong, in words. `errors` has one entry for each mistake, where there are several. */
export class Problem extends Error {
  constructor(title, detail, { status = 0, errors = [] } = {}) {
    super(detail);
    this.title = title;
    this.status = status;
    this.errors = errors;
  }

  get wantsKey() {
    return this.status === 401;
  }
}

/** Ask the API. `path`: the parts of it; `query`: pairs of names and values. Raises Problem. */
export async function request(path, { method = "GET", query = [], body, signal } = {}) {
  const address = new URL(path.map(encodeURIComponent).join("/"), BASE);
  address.search = new URLSearchParams(query).toString();
  const headers = {};
  if (key.get()) headers["x-functions-key"] = key.get();
  if (body) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, { method, headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem("The app does not answer", navigator.onLine
      ? "It may be starting, or the network is slow. Try again in a moment."
      : "You are offline. Try again when you are back.");
  }
  if (answer.ok) return answer;
  throw await problemOf(answer);
}

export async function get(path, query = [], signal = undefined) {
  return (await request(path, { query, signal })).json();
}

/** The query that leads to the next page of a list; null on the last. Only the query is taken: we know where we are. */
export function nextQuery(list) {
  return list.nextLink ? queryOf(list.nextLink) : null;
}

/** The same for an answer that is no JSON, and names its next page in a header. */
export function nextQueryOf(answer) {
  const link = /<([^>]+)>; *rel="next"/.exec(answer.headers.get("link") ?? "");
  return link ? queryOf(link[1]) : null;
}

const queryOf = (address) => [...new URL(address).searchParams];

async function problemOf(answer) {
  const { status } = answer;
  if (status === 401) {
    const detail = key.get() ? "The function key that you gave is not one of this app." : "This app shows its data to those who have its function key.";
    return new Problem("A function key is needed", detail, { status });
  }
  const said = await answer.json().catch(() => null);
  const fallback = status >= 500 ? "Something went wrong in the app. Try again in a moment." : "The app refused this request.";
  return new Problem(said?.title ?? `Error ${status}`, said?.detail ?? fallback, { status, errors: said?.errors ?? [] });
}
