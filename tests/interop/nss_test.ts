// Copyright 2026 the NSS for Deno authors. MIT license.

import { nss } from "../support/peers/nss.ts";
import { interopTests } from "./matrix.ts";

await interopTests(nss, { tls12Rows: "suites" });
