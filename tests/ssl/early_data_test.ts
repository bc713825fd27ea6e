// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A server that takes no early data reads past it (RFC 8446, Section 4.2.10), up to a limit.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  MAX_SKIPPED_EARLY_DATA,
  MAX_SKIPPED_RECORDS,
  SKIPPED_RECORD_OVERHEAD,
} from "../../ssl/engine/read_half.ts";
import { earlyData } from "../../ssl/extensions/early_data.ts";
import type { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { type MemoryConn, memoryPair } from "../support/memory_pair.ts";
import { RawClient } from "./_raw_client.ts";
import {
  assertLocal,
  closeAll,
  failureOf,
  pattern,
  readExactly,
  serverOptions,
  socketOver,
} from "./_support.ts";

/** Of the first record its header counts, too. */
const MOST = MAX_SKIPPED_EARLY_DATA - 5;
/** So long is a further record with no data: header, inner type and tag are free. */
const NONE = SKIPPED_RECORD_OVERHEAD - 5;

const DATA = new Uint8Array([1, 2, 3]);

interface Pair extends AsyncDisposable {
  readonly client: RawClient;
  readonly server: SslSocket;
  readonly conn: MemoryConn;
}

function pair(options: ImportOptions = {}): Pair {
  const [a, b] = memoryPair();
  const server = socketOver(b, serverOptions(options));
  return {
    client: new RawClient(a),
    server,
    conn: a,
    [Symbol.asyncDispose]: async () => {
      a[Symbol.dispose]();
      await closeAll(server);
    },
  };
}

const announce = (extensions: ExtensionBlock) => void extensions.add(earlyData, true);

Deno.test("RawClient completes a handshake, so that what is refused below is refused for its reason", async () => {
  await using joined = pair();
  const { client, server } = joined;
  const handshake = server.handshake();
  await client.sendClear(ContentType.handshake, await client.hello());
  await client.takeServerHello();
  await client.finish();
  assertEquals((await handshake).version, "TLSv1.3");
  await client.send(ContentType.applicationData, DATA);
  assertEquals(await readExactly(server, 3), DATA);
});

Deno.test("SslEngine as server reads past early data that it cannot decrypt, and goes on", async (t) => {
  const records: Readonly<Record<string, readonly number[]>> = {
    "none": [],
    "one record": [100],
    "many records": [1, 50, 1000, 3000, 17],
    "as much as it may": [MOST],
    "as much as it may, in two": [MOST - 25, 25 + NONE],
    // Of Go, BoringSSL and others, who allow 16,384 bytes of data, with all that hides them.
    "16,350 bytes of data in two": [8000 + 17, 8350 + 17],
    "as many records as it may": [MOST, ...Array<number>(MAX_SKIPPED_RECORDS - 1).fill(NONE)],
  };
  for (const [name, lengths] of Object.entries(records)) {
    await t.step(name, async () => {
      await using joined = pair();
      const { client, server } = joined;
      const handshake = server.handshake();
      await client.sendClear(ContentType.handshake, await client.hello({ extend: announce }));
      for (const length of lengths) {
        await client.sendClear(ContentType.applicationData, pattern(length));
      }
      await client.takeServerHello();
      // RFC 8446, Appendix D.4: it may come between early data and the second flight.
      await client.sendClear(ContentType.changeCipherSpec, new Uint8Array([1]));
      await client.finish();
      await handshake;
      await client.send(ContentType.applicationData, DATA);
      assertEquals(await readExactly(server, 3), DATA);
    });
  }
});

Deno.test("SslEngine as server gives up behind MAX_SKIPPED_EARLY_DATA", async () => {
  for (
    const lengths of [
      [MOST + 1],
      [MOST - 25, 26 + NONE],
      [MOST, NONE + 1],
      [9000, 9000],
      // Empty ones are not free.
      Array<number>(MAX_SKIPPED_RECORDS + 1).fill(0),
    ]
  ) {
    await using joined = pair();
    const { client, server } = joined;
    const handshake = failureOf(server.handshake());
    await client.sendClear(ContentType.handshake, await client.hello({ extend: announce }));
    for (const length of lengths) {
      await client.sendClear(ContentType.applicationData, pattern(length));
    }
    assertLocal(await handshake, "SSL_ERROR_TOO_MUCH_EARLY_DATA", "unexpected_message");
  }
});

Deno.test("SslEngine as server skips nothing where no early data was announced, nor after the client's first record", async () => {
  await using unannounced = pair();
  const failed = failureOf(unannounced.server.handshake());
  await unannounced.client.sendClear(ContentType.handshake, await unannounced.client.hello());
  await unannounced.client.sendClear(ContentType.applicationData, pattern(100));
  assertLocal(await failed, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");

  await using late = pair();
  const { client, server } = late;
  const handshake = server.handshake();
  await client.sendClear(ContentType.handshake, await client.hello({ extend: announce }));
  await client.takeServerHello();
  await client.finish();
  await handshake;
  await client.sendClear(ContentType.applicationData, pattern(100));
  assertLocal(
    await failureOf(server.read(new Uint8Array(1))),
    "SSL_ERROR_BAD_MAC_READ",
    "bad_record_mac",
  );
});

Deno.test("SslEngine as server reads past early data before the second hello, and takes none after it", async () => {
  for (const early of [[], [100], [MOST], [8000, MOST - 8000 + NONE]]) {
    await using joined = pair({ groups: ["secp256r1"] });
    const { client, server } = joined;
    const handshake = server.handshake();
    await client.sendClear(ContentType.handshake, await client.hello({ extend: announce }));
    for (const length of early) {
      await client.sendClear(ContentType.applicationData, pattern(length));
    }
    await client.takeHelloRetryRequest();
    const second = await client.hello({ group: "secp256r1" });
    await client.sendClear(ContentType.handshake, second);
    await client.takeServerHello();
    await client.finish();
    assertEquals((await handshake).helloRetryRequest, true);
    await client.send(ContentType.applicationData, DATA);
    assertEquals(await readExactly(server, 3), DATA);
  }

  await using joined = pair({ groups: ["secp256r1"] });
  const { client, server } = joined;
  const failed = failureOf(server.handshake());
  await client.sendClear(ContentType.handshake, await client.hello({ extend: announce }));
  await client.takeHelloRetryRequest();
  await client.sendClear(ContentType.handshake, await client.hello({ group: "secp256r1" }));
  await client.sendClear(ContentType.applicationData, pattern(100));
  assertLocal(await failed, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
});
