// Copyright 2026 the NSS for Deno authors. MIT license.

import { node } from "../support/peers/node.ts";
import { interopTests } from "./matrix.ts";

// Each row is a process of its own, of a quarter of a second.
await interopTests(node, { tls12Rows: "AEADs" });
