// Copyright 2026 the NSS for Deno authors. MIT license.

/** Key shares of hybrids and of ML-KEM alone that have a byte too few or too many. @module */

import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { actOn, type BlockOf, type Edit, editExtension } from "./_filters.ts";
import { assertFails } from "./_support.ts";
import { ONLY_TLS13 } from "./_tls12.ts";

const GROUPS = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM1024"] as const;

/** Changes the length of the only share of a message, whose entry is behind so many bytes. */
function resizeShare(entry: number, by: 1 | -1): Edit {
  return (body) => {
    const share = by === 1 ? [...body, 0] : [...body.subarray(0, -1)];
    const view = new DataView(new Uint8Array(share).buffer);
    for (const at of entry === 0 ? [2] : [0, entry + 2]) {
      view.setUint16(at, view.getUint16(at) + by);
    }
    return new Uint8Array(view.buffer);
  };
}

const ENDS = [
  { sender: "client", message: "ClientHello", type: HandshakeType.clientHello, entry: 2 },
  { sender: "server", message: "ServerHello", type: HandshakeType.serverHello, entry: 0 },
] as const satisfies readonly { message: BlockOf; [key: string]: unknown }[];

for (const group of GROUPS) {
  for (const { sender, message, type, entry } of ENDS) {
    for (const [what, by] of [["few", -1], ["many", 1]] as const) {
      Deno.test(`a ${sender}'s share of ${group} with a byte too ${what} is an illegal_parameter`, async () => {
        const edit = editExtension(message, ExtensionType.keyShare, resizeShare(entry, by));
        const internals = { messageFilter: actOn(type, 0, { edit }) };
        await assertFails({
          client: { versions: ONLY_TLS13, groups: [group] },
          server: { versions: ONLY_TLS13, groups: [group] },
          ...sender === "client" ? { clientInternals: internals } : { serverInternals: internals },
        }, {
          at: sender === "client" ? "server" : "client",
          error: group === "MLKEM1024"
            ? "SSL_ERROR_RX_MALFORMED_KEY_SHARE"
            : "SSL_ERROR_RX_MALFORMED_HYBRID_KEY_SHARE",
          alert: "illegal_parameter",
        });
      });
    }
  }
}
