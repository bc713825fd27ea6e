// Copyright 2026 the NSS for Deno authors. MIT license.

import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { RecordTap, type RecordToSend, type Rewrite } from "../ssl/_record_tap.ts";
import type { Prng } from "../support/prng.ts";
import { fuzz, mutate } from "./_support.ts";
import { liveBoth, Wire } from "./_wire.ts";
import { pairing, socketOver } from "./_sockets.ts";

/** Changes what records hold, under their right keys. */
function rewriter(prng: Prng): Rewrite {
  let patience = prng.integer(0, 8);
  const seen: RecordToSend[] = [];
  return (record) => {
    const { type, fragment } = record;
    seen.push({ type, fragment });
    if (patience-- > 0) return [record];
    patience = prng.pick([0, 1, 5]);
    const at = prng.integer(0, fragment.length);
    const parts = [{ type, fragment: fragment.slice(0, at) }, {
      type,
      fragment: fragment.slice(at),
    }];
    const warning = { type: ContentType.alert, fragment: new Uint8Array([1, prng.pick([0, 90])]) };
    switch (prng.integer(0, 11)) {
      case 0:
        return [];
      case 1:
        return [record, record];
      case 2:
        return [{ type, fragment: mutate(prng, fragment).subarray(0, 16384) }];
      case 3:
        return [{ type: prng.pick([0, 19, 20, 21, 22, 23, 24, 255]), fragment }];
      case 4:
        return parts;
      case 5: // something between two halves
        return [parts[0]!, prng.pick([warning, ...seen]), parts[1]!];
      case 6: // many that hold nothing
        return [
          ...Array(prng.pick([1, 31, 32, 33, 40])).fill({ type, fragment: new Uint8Array(0) }),
          record,
        ];
      case 7:
        return [{ type, fragment, padding: prng.pick([1, 255, 16384 - fragment.length, 16385]) }];
      case 8:
        return [{ type, fragment, clear: true }];
      case 9:
        return Array(prng.pick([3, 4, 5])).fill(warning);
      case 10: // a KeyUpdate, or many, that nobody follows
        return Array(prng.pick([1, 32, 33])).fill({
          type: ContentType.handshake,
          fragment: new Uint8Array([24, 0, 0, 1, prng.integer(0, 2)]),
        });
      default: // one byte at a time
        return fragment.length > 3000
          ? [record]
          : Array.from(fragment, (byte) => ({ type, fragment: new Uint8Array([byte]) }));
    }
  };
}

fuzz("SslSocket meets any content of records with typed errors", 100, async (prng) => {
  const options = pairing(prng, null, "TLSv1.3"); // the tap knows no other records
  const suite = CIPHER_SUITES.find(({ name }) => name === options.client.cipherSuites?.[0])!;
  const wire = new Wire();
  const taps = {
    client: new RecordTap(wire.client, "client", suite),
    server: new RecordTap(wire.server, "server", suite),
  };
  const liar = prng.pick(["client", "server"] as const);
  const { keyLog } = taps[liar];
  taps[liar].rewrite = rewriter(prng);
  const data = { client: prng.bytes(prng.pick([0, 100])), server: prng.bytes(20_000) };
  const over = (role: "client" | "server") =>
    socketOver(role === liar ? taps[role] : wire[role], { ...options[role], keyLog });
  await liveBoth(wire, over("client"), over("server"), data, (socket) => keyUpdate(socket));
});
