// Azurite with a lifeline, and with its database mended. Its own command line options pass through.
import { createRequire } from "node:module";
import { endWithParent } from "./lifeline.mjs";

const { Resultset } = createRequire(import.meta.resolve("azurite/dist/src/azurite.js"))("lokijs");

/** A blob is found by its name. (Without: of a query's conditions only the first uses an index, that on the account, and
 * every request looks at all blobs.) */
function mendFind() {
  const find = Resultset.prototype.find;
  Resultset.prototype.find = function (query, firstOnly) {
    const { name, ...others } = query ?? {};
    return find.call(this, typeof name === "string" ? { name, ...others } : query, firstOnly);
  };
}

/** A blob is taken out of the indices. (Without: all four are sorted again, 50 ms for 10,000 blobs.) */
function mendRemove() {
  const remove = Resultset.prototype.remove;
  Resultset.prototype.remove = function () {
    if (!this.filterInitialized || this.filteredrows.length !== 1) return remove.call(this);
    this.collection.remove(this.collection.data[this.filteredrows[0]]);
    this.filteredrows = [];
    return this;
  };
}

endWithParent();
mendFind();
mendRemove();
await import("azurite/dist/src/azurite.js");
