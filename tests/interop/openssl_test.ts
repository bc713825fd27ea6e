// Copyright 2026 the NSS for Deno authors. MIT license.

import { openssl } from "../support/peers/openssl.ts";
import { interopTests } from "./matrix.ts";

await interopTests(openssl);
