// The Cosmos DB emulator @vercel/cosmosdb-server over plain HTTP, in memory, with its defects mended:
//
//   node cosmos.mjs HOST PORT ACCOUNT_KEY
//
// Each mend replaces one function of the package before the server takes it up. tests/devstack/test_cosmos_emulator.py
// holds every one of them to what the service does.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { endWithParent } from "./lifeline.mjs";

const require = createRequire(import.meta.url);
const server = (path) => require(`@vercel/cosmosdb-server/lib/${path}`);
const engine = (path) => require(`@zeit/cosmosdb-query/lib/${path}`);

const OWNER_MISSING = 1003; // sub-status of a 404 that speaks of the container, not of the document

/** A missing document answers 404, a missing container 404 with its sub-status. (Without: 500, or no sub-status.) */
function mendMissing() {
  const routes = server("routes");
  const find = routes.default;
  routes.default = (request) => {
    const [params, handler] = find(request) ?? [];
    if (!handler || !/\/colls\/[^/]+\/docs/.test(request.url)) return handler && [params, handler];
    return [params, (account, req, res, { dbId, collId, docId }) => {
      const collection = account.database(dbId).collection(collId);
      if (!collection.read()) return notFound(res, OWNER_MISSING, "Owner resource does not exist.");
      if (docId === undefined || collection.document(docId, partitionKeyOf(req)).read()) {
        return handler(account, req, res, params);
      }
      return notFound(res, 0, "Entity with the specified id does not exist in the system.");
    }];
  };
}

function notFound(response, subStatus, message) {
  response.statusCode = 404;
  response.setHeader("x-ms-substatus", String(subStatus));
  return { code: "NotFound", message };
}

/** The partition key that a request names; undefined where it means all of them. */
function partitionKeyOf(request) {
  const header = request.headers["x-ms-documentdb-partitionkey"];
  const [value] = header ? JSON.parse(header) : [];
  return value !== null && typeof value === "object" ? undefined : value;
}

/** A query sees its own partition only. (Without: the partition key was ignored, other partitions leaked.)
 *
 * Of that it looks at the documents that its equality conditions leave, as if there were an index. (Without: the query
 * engine works through all of them, 40 ms for one of 10,000.) */
function mendQueries() {
  const queryDocuments = server("handler/query-documents");
  const readItems = server("handler/_read-items").default;
  const readJson = server("json").default;
  const isTrue = server("true-header").default;
  queryDocuments.default = (account, req, res, { dbId, collId }) =>
    readItems(req, res, "Documents", async (page) => {
      const body = await readJson(req);
      const partitionKey = partitionKeyOf(req);
      if (partitionKey === undefined && !isTrue(req, "x-ms-documentdb-query-enablecrosspartition")) {
        return badRequest(res, "Cross partition query is required but disabled.");
      }
      try {
        return narrowed(account.database(dbId).collection(collId).documents, partitionKey, body).query(body, page);
      } catch (error) {
        if (error.badRequest) return badRequest(res, error.message);
        throw error;
      }
    });
}

/** The same container with none but documents that a query can find; the engine still decides which it does find. */
function narrowed(documents, partitionKey, { query, parameters = [] }) {
  const { from, where } = documents._getQuery(query).ast.body;
  const root = from?.joins.length === 0 && from.source.expression.type === "collection_expression";
  const name = root && (from.source.alias ?? from.source.expression.expression).name;
  const given = new Map(parameters.map((parameter) => [parameter.name, parameter.value]));
  const wanted = root && where ? equalities(where.condition, name, given) : [];
  if (partitionKey === undefined && wanted.length === 0) return documents;
  const found = new Map();
  for (const [key, item] of documents._data) {
    const document = item.read();
    if (!wanted.every(([field, values]) => values.has(document[field]))) continue;
    if (partitionKey === undefined || documents._getPartition(document) === partitionKey) found.set(key, item);
  }
  return Object.create(documents, { _data: { value: found } });
}

/** The fields of a document for which a condition asks one of some texts, numbers or booleans, each with those. */
function equalities(condition, root, given) {
  if (condition.operator === "AND") {
    return [condition.left, condition.right].flatMap((side) => equalities(side, root, given));
  }
  const isEqual = condition.operator === "=";
  if (!isEqual && condition.type !== "scalar_in_expression") return [];
  const [field, list] = isEqual ? [condition.left, [condition.right]] : [condition.value, condition.list];
  const isField = field.type === "scalar_member_expression" && !field.computed && field.object.name === root;
  const values = list.map((side) => (side.type === "parameter_name" ? given.get(side.name) : side.value));
  const areSimple = values.every((value) => ["string", "number", "boolean"].includes(typeof value));
  return isField && areSimple ? [[field.property.name, new Set(values)]] : [];
}

function badRequest(response, message) {
  response.statusCode = 400;
  return { code: "BadRequest", message };
}

/** Time in proportion to the rows. (Without: the query engine copied its list once per row, in two places.) */
function mendQuadraticQueries() {
  const transformer = engine("transformer");
  const transform = transformer.default;
  transformer.default = (ast) => appendInPlace(transform(ast));

  const helpers = engine("helpers");
  helpers.append = (list, items) => {
    for (const item of items) list.push(item);
    return list;
  };
  const strip = helpers.stripUndefined;
  helpers.stripUndefined = (value) =>
    Array.isArray(value) ? value.filter((v) => v !== undefined).map((v) => helpers.stripUndefined(v)) : strip(value);
}

/** Rewrite `[...$, x]` into `$h.append($, [x])` in generated code: `$` is the accumulator of a `reduce` from `[]`. */
function appendInPlace(node) {
  if (Array.isArray(node)) return node.map(appendInPlace);
  if (node === null || typeof node !== "object") return node;
  const mended = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, appendInPlace(value)]));
  const [first, ...rest] = mended.type === "ArrayExpression" ? mended.elements : [];
  if (first?.type !== "SpreadElement" || first.argument.name !== "$") return mended;
  const identifier = (name) => ({ type: "Identifier", name });
  const append = { type: "MemberExpression", object: identifier("$h"), property: identifier("append") };
  return { type: "CallExpression", callee: append, arguments: [first.argument, { type: "ArrayExpression", elements: rest }] };
}

/** The account key is checked. (Without: any key was let in.) */
function mendKeys(httpServer, accountKey) {
  const [serve] = httpServer.listeners("request");
  httpServer.removeAllListeners("request").on("request", (req, res) => {
    if (isSigned(req, accountKey)) return serve(req, res);
    req.resume();
    res.writeHead(401, { "content-type": "application/json" });
    return res.end(JSON.stringify({ code: "Unauthorized", message: "The authorization token does not fit the account key." }));
  });
}

/** Whether the request carries the signature that the account key makes over verb, resource and date. */
function isSigned(request, accountKey) {
  const token = new URLSearchParams(decodeURIComponent(request.headers.authorization ?? "").replaceAll("+", "%2B"));
  const path = decodeURIComponent(new URL(request.url, "http://emulator").pathname);
  const segments = path.split("/").filter(Boolean);
  const isFeed = segments.length % 2 === 1;
  const type = segments.at(isFeed ? -1 : -2) ?? "";
  const link = (isFeed ? segments.slice(0, -1) : segments).join("/");
  const signed = [request.method.toLowerCase(), type, link, (request.headers["x-ms-date"] ?? "").toLowerCase(), "", ""];
  const expected = createHmac("sha256", Buffer.from(accountKey, "base64")).update(signed.join("\n")).digest();
  const given = Buffer.from(token.get("sig") ?? "", "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function main([host, port, accountKey]) {
  endWithParent();
  mendQueries(); // first: the table of routes takes the handlers as they are when it is loaded
  mendMissing();
  mendQuadraticQueries();
  const httpServer = server("index").createHttpServer({ keepAlive: true });
  mendKeys(httpServer, accountKey);
  httpServer.keepAliveTimeout = 0; // a client may hold on to a connection: we never drop one that it is about to use
  httpServer.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  httpServer.listen(Number(port), host);
}

main(process.argv.slice(2));
