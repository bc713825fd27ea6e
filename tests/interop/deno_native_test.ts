// Copyright 2026 the NSS for Deno authors. MIT license.

import { denoNative } from "../support/peers/deno_native.ts";
import { interopTests } from "./matrix.ts";

await interopTests(denoNative);
