// Copyright 2026 the NSS for Deno authors. MIT license.

import { node } from "../support/peers/node.ts";
import { interopTests } from "./matrix.ts";

await interopTests(node);
