// Azurite as it is, with a lifeline. Its own command line options pass through.
import { endWithParent } from "./lifeline.mjs";

endWithParent();
await import("azurite/dist/src/azurite.js");
