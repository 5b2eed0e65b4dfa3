// All pages of a CSV as one file.

import { nextQueryOf, request } from "./api.js";

const BYTE_ORDER_MARK = "\ufeff"; // by which Excel knows UTF-8

export async function wholeFile(path, firstQuery) {
  const parts = [];
  for (let query = firstQuery; query; ) {
    const answer = await request(path, { query });
    const page = await answer.text();
    parts.push(parts.length ? withoutHeader(page) : page);
    query = nextQueryOf(answer);
  }
  return new Blob([BYTE_ORDER_MARK, ...parts], { type: "text/csv" });
}

/** Every page begins with the header, in which names may stand in quotes, line ends included. */
const withoutHeader = (page) => page.slice(/^(?:"(?:[^"]|"")*"|[^"\r\n])*\r?\n/.exec(page)?.[0].length ?? 0);
