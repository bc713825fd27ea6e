// Copyright 2026 the NSS for Deno authors. MIT license.

import { chromium } from "../support/peers/chromium.ts";
import { interopTests } from "./matrix.ts";

// A page takes several connections, of which the later ones resume the session of the first.
await interopTests(chromium, { modes: ["resumed"], brief: true });
