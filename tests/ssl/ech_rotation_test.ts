// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Keys of Encrypted Client Hello that change while clients come, and configurations that are old.
 */

import { assert, assertEquals } from "@std/assert";
import {
  encodeEchConfigList,
  generateEchKeys,
  importFD,
  type ImportOptions,
  setServerEchConfigs,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { EchRejectedError } from "../../ssl/base/ech_error.ts";
import { hasKnownVersion } from "../../ssl/handshake/ech_configs.ts";
import { keepHellos } from "./_hello.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import {
  assertFromPeer,
  assertLocal,
  failureOf,
  HOSTNAME,
  join,
  makeIdentity,
  outcomeOf,
  PKI,
  session,
} from "./_support.ts";

const PUBLIC = "public.test";
const publicServer = await makeIdentity({ dnsNames: [PUBLIC] }, PKI.root);
const certificates = [PKI.server.credential, publicServer.credential];
/** One identifier for all, as the worst case: which key it is only the decryption tells. */
const keys = await Promise.all(
  Array.from({ length: 8 }, () => generateEchKeys({ publicName: PUBLIC, configId: 7 })),
);
const lists = keys.map((key) => encodeEchConfigList([key]));

Deno.test("ECH: keys are rotated under load, and no client fails whose configuration is one rotation old", async () => {
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates,
    echKeys: [keys[0]!],
    context: new NssContext({ trustAnchors: [] }),
  });
  const served = (async () => {
    for await (const socket of listener) {
      socket.handshake().catch(() => {}).then(() => socket.close()).catch(() => {});
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const visit = async (echConfigList: Uint8Array) => {
    await using socket = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
      hostname: HOSTNAME,
      caCerts: [PKI.root.cert],
      context: new NssContext({ trustAnchors: [] }),
      echConfigList,
      handshakeTimeout: 30_000,
    });
    return await socket.handshake();
  };
  try {
    let late: Promise<unknown>[] = [];
    for (const [now, key] of keys.entries()) {
      const old = keys.slice(Math.max(0, now - 2), now);
      setServerEchConfigs(listener, [
        key,
        ...old.map((before) => ({ ...before, isRetryConfig: false })),
      ]);
      // Some of those that began before the rotation come after it.
      const infos = await Promise.all(late);
      assertEquals(infos.length, now === 0 ? 0 : 8);
      late = Array.from(
        { length: 8 },
        (_, i) =>
          visit(lists[i % 2 === 0 ? now : Math.max(0, now - 1)]!)
            .then(({ echAccepted }) => assert(echAccepted)),
      );
    }
    await Promise.all(late);
    // Three rotations old: told of the current one, with which the next connection succeeds.
    const error = await failureOf(visit(lists.at(-4)!));
    assert(error instanceof EchRejectedError);
    assertEquals(error.retryConfigs, lists.at(-1));
    assert((await visit(error.retryConfigs!)).echAccepted);
  } finally {
    listener.close();
    await served;
  }
});

/** One connection under a list, to a server with one key: its error and the hellos it sent. */
async function rejected(echConfigList: Uint8Array, server: ImportOptions) {
  const hellos = keepHellos();
  await using joined = join({
    client: { echConfigList },
    server: { certificates, ...server },
    clientInternals: { messageFilter: hellos.messageFilter },
  });
  const served = outcomeOf(joined.server);
  const error = await failureOf(joined.client.handshake());
  return {
    error,
    served: await served,
    names: hellos.sent.map(({ extensions }) => extensions!.get(serverName)),
  };
}

Deno.test("ECH: retry configurations that are old again give another rejection, and never the name", async () => {
  let list = lists[0]!;
  for (const key of keys.slice(1, 4)) {
    const { error, served, names } = await rejected(list, { echKeys: [key] });
    assert(error instanceof EchRejectedError);
    assertLocal(error, "SSL_ERROR_ECH_RETRY_WITH_ECH", "ech_required");
    assertFromPeer(served, "ech_required");
    assertEquals(names, [PUBLIC]);
    list = error.retryConfigs!;
    assertEquals(list, encodeEchConfigList([key]));
  }
});

Deno.test("ECH: retry configurations of unknown versions alone are none, beside a known one they are kept", () => {
  const unknown = [0xba, 0xdd, 0, 1, 0];
  const { config } = keys[0]!;
  const mixed = [0, unknown.length + config.length, ...unknown, ...config];
  for (const [list, isKnown] of [[[0, 5, ...unknown], false], [mixed, true]] as const) {
    assertEquals(hasKnownVersion(new Uint8Array(list)), isKnown);
  }
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`ECH: a rejection over ${version} leaves no session, for neither name`, async () => {
    const context = new NssContext({ trustAnchors: [] });
    const server: ImportOptions = {
      certificates,
      context: new NssContext({ trustAnchors: [] }),
      versions: { max: version },
    };
    const tokens: unknown[] = [];
    {
      await using joined = join({
        client: {
          context,
          echConfigList: lists[0]!,
          resumptionTokenCallback: (_, token) => void tokens.push(token),
        },
        server: { ...server, echKeys: [keys[1]!] },
      });
      const served = outcomeOf(joined.server);
      assert(await failureOf(joined.client.handshake()) instanceof EchRejectedError);
      await served;
    }
    assertEquals(tokens, []);
    for (const hostname of [PUBLIC, HOSTNAME]) {
      const [info] = await session({ client: { context, hostname }, server });
      assertEquals(info.resumed, false, hostname);
      // That its sessions are resumed otherwise.
      const [again] = await session({ client: { context, hostname }, server });
      assertEquals(again.resumed, true, hostname);
    }
  });
}
