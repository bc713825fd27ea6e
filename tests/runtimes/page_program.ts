// Copyright 2026 the NSS for Deno authors. MIT license.

/** The checks as a page: it gets the peers from its server, and posts the results. @module */

import { type Peers, runChecks } from "./checks.ts";

const peers: Peers = await (await fetch("/peers")).json();
const results = await runChecks({ peers, connect: null });
await fetch("/results", { method: "POST", body: JSON.stringify(results) });
