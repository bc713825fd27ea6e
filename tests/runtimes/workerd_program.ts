// Copyright 2026 the NSS for Deno authors. MIT license.

/** The checks as a worker of `workerd`: the peers are posted, the results answered. @module */

import { connect } from "cloudflare:sockets";
import { type Peers, runChecks } from "./checks.ts";

export default {
  /** Runs the checks. */
  async fetch(request: Request): Promise<Response> {
    const peers: Peers = await request.json();
    const results = await runChecks({
      peers,
      connect: (port) => Promise.resolve(connect({ hostname: "127.0.0.1", port })),
    });
    return Response.json(results);
  },
};
