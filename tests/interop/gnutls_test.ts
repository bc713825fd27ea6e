// Copyright 2026 the NSS for Deno authors. MIT license.

import { gnutls } from "../support/peers/gnutls.ts";
import { interopTests } from "./matrix.ts";

await interopTests(gnutls, { tls12Rows: "AEADs" });
