// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  importFD,
  localCertificate,
  newModel,
  peerCertificate,
  reconfigFD,
  revealPinArg,
  revealURL,
  setPKCS11PinArg,
  type SniSocketConfigHook,
  SslError,
} from "@nss/nss/ssl";
import { memoryPair } from "../../support/memory_pair.ts";
import { HOSTNAME, join, PKI, shake } from "../_support.ts";

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };
  Deno.test(`reconfigFD() replaces a server's configuration in the name hook (${version})`, async () => {
    const admin = newModel({
      versions,
      certificates: [PKI.otherServer.credential],
      clientAuth: "require",
      caCerts: [PKI.root.cert],
      alpnProtocols: ["admin"],
    });
    const sniSocketConfig: SniSocketConfigHook = async (socket, { serverName }) => {
      await Promise.resolve();
      if (serverName === "other.test") reconfigFD(admin, socket);
      return undefined;
    };
    const alpnProtocols = ["admin", "other"];
    const client = { versions, alpnProtocols, certificates: [PKI.client.credential] };
    const server = { versions, alpnProtocols: ["other"], sniSocketConfig };
    await using plain = join({ client, server });
    const [info] = await shake(plain);
    assertEquals([info.alpnProtocol, peerCertificate(plain.server)], ["other", null]);
    assertEquals(localCertificate(plain.server), PKI.server.cert);

    await using changed = join({ client: { ...client, hostname: "other.test" }, server });
    const [, other] = await shake(changed);
    assertEquals([other.alpnProtocol, other.peerCertificates], ["admin", [PKI.client.cert]]);
    assertEquals(localCertificate(changed.server), PKI.otherServer.cert);
  });
}

Deno.test("reconfigFD() goes before what the name hook returns", async () => {
  const model = newModel({ certificates: [PKI.otherServer.credential], alpnProtocols: ["b"] });
  await using joined = join({
    client: { alpnProtocols: ["a", "b"] },
    server: {
      alpnProtocols: ["a"],
      sniSocketConfig: (socket) => {
        reconfigFD(model, socket);
        return { certificates: [PKI.server.credential] };
      },
    },
  });
  const [info] = await shake(joined);
  assertEquals([info.alpnProtocol, info.peerCertificates], ["b", [PKI.server.cert]]);
});

Deno.test("reconfigFD() before the handshake keeps what makes a socket, and its hooks where the model has none", async () => {
  let asked = 0;
  await using joined = join({
    client: { caCerts: [], badCert: () => asked++ === 0 },
    server: { alpnProtocols: ["b"] },
  });
  setPKCS11PinArg(joined.client, "pin");
  const model = newModel({ alpnProtocols: ["b"], role: "server", hostname: "other.test" });
  reconfigFD(model, joined.client);
  assertEquals([revealURL(joined.client), revealPinArg(joined.client)], [HOSTNAME, "pin"]);
  // The model trusts its context's authorities, of which the test's is none: the socket's hook has
  // the last word.
  const [info] = await shake(joined);
  assertEquals([info.alpnProtocol, info.badCertAccepted, asked], ["b", true, 1]);
});

Deno.test("reconfigFD() takes the model's hooks where it has them", async () => {
  await using joined = join({ client: { caCerts: [], badCert: () => false } });
  reconfigFD(newModel({ caCerts: [], badCert: () => true }), joined.client);
  assertEquals((await shake(joined))[0].badCertAccepted, true);
});

Deno.test("reconfigFD() fails at any other time", async () => {
  const model = newModel();
  const errors: string[] = [];
  await using joined = join({
    server: {
      certificates: [PKI.server.credential],
      handshakeCallback: (socket) => {
        errors.push(assertThrows(() => reconfigFD(model, socket), SslError).name);
      },
      sniSocketConfig: () => undefined,
    },
  });
  await shake(joined);
  errors.push(assertThrows(() => reconfigFD(model, joined.client), SslError).name);
  errors.push(assertThrows(() => reconfigFD(model, joined.server), SslError).name);
  assertEquals(errors, Array(3).fill("PR_IS_CONNECTED_ERROR"));
});

Deno.test("reconfigFD() refuses what is no socket", () => {
  const [a] = memoryPair();
  const socket = importFD(a);
  // deno-lint-ignore no-explicit-any -- what JavaScript may pass
  const error = assertThrows(() => reconfigFD({} as any, socket), SslError);
  assertEquals(error.name, "PR_BAD_DESCRIPTOR_ERROR");
  socket[Symbol.dispose]();
});
