/** Begins the page. */

import { render } from "preact";
import { App } from "./app.tsx";
import { loadCatalog } from "./catalog.ts";

// A picture that misses its place must not replace the page, and the session with it.
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());

void loadCatalog();
render(<App />, document.getElementById("app")!);
