// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertGreater } from "@std/assert";
import { defaultContext } from "../../../pkcs11/context/context.ts";
import { testToken } from "../token_conformance.ts";

testToken(
  "ReadOnlyToken of Mozilla's roots",
  () => Promise.resolve({ token: defaultContext().slots[1]!.token! }),
  { readOnly: true, noKeys: true },
);

Deno.test("ReadOnlyToken lists the platform's roots", async () => {
  assertGreater((await defaultContext().slots[1]!.token!.certificates.find({})).length, 100);
});
