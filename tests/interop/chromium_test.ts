// Copyright 2026 the NSS for Deno authors. MIT license.

import { chromium } from "../support/peers/chromium.ts";
import { interopTests } from "./matrix.ts";

await interopTests(chromium, { modes: ["resumed"] });
