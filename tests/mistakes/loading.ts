// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily } from "../../cert/base/lazy_module.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Files that are loaded later";

/** The rows. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "A bundle of a server's program without the files that `import()` names",
    make: () =>
      importLazily("the handshake of a server", () => import("data:text/javascript,throw 1")),
    name: "PR_LOAD_LIBRARY_ERROR",
    says: "Cannot load the handshake of a server: this part of the package is read when it is " +
      "first needed, and that failed; perhaps its file was moved or replaced since the program " +
      "started, or a bundle leaves it out; restart the program, or bundle all modules",
  },
];
