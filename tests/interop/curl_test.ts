// Copyright 2026 the NSS for Deno authors. MIT license.

import { curl } from "../support/peers/curl.ts";
import { interopTests } from "./matrix.ts";

await interopTests(curl);
