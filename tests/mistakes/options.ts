// Copyright 2026 the NSS for Deno authors. MIT license.

import { importFD, type ImportOptions } from "@nss/nss";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Options of importFD";

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: '`clientauth: "require"`',
    make: () => withOptions({ role: "server", clientauth: "require" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use options: there is no option clientauth; did you mean clientAuth?",
  },
];

/** Passes options that the compiler would refuse. */
function withOptions(options: object) {
  const { readable, writable } = new TransformStream<Uint8Array>();
  return importFD({ readable, writable }, options as ImportOptions);
}
