// Copyright 2026 the NSS for Deno authors. MIT license.

/** When a server says that it has used the client's server_name (RFC 6066, Section 3). @module */

import { assertEquals } from "@std/assert";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { parseEncryptedExtensions } from "../../ssl/messages/encrypted_extensions.ts";
import { parseServerHello } from "../../ssl/messages/server_hello.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { connected, type JoinOptions, ping, PKI } from "./_support.ts";
import { Acquaintance, identityOf, ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";

/** A filter that looks for the answer in ServerHello and EncryptedExtensions. */
function watch(): { readonly messageFilter: MessageFilter; answered: boolean } {
  const seen = {
    answered: false,
    messageFilter: ({ type, body, raw }: Parameters<MessageFilter>[0]) => {
      const extensions = type === HandshakeType.serverHello
        ? parseServerHello(body).extensions
        : type === HandshakeType.encryptedExtensions
        ? parseEncryptedExtensions(body).extensions
        : undefined;
      if (extensions?.has(ExtensionType.serverName)) seen.answered = true;
      return [raw];
    },
  };
  return seen;
}

async function answers(options: JoinOptions): Promise<boolean> {
  const seen = watch();
  await using joined = await connected({ ...options, serverInternals: seen });
  await ping(joined);
  return seen.answered;
}

const { server, otherServer } = PKI;
const sameName = await identityOf("rsa-2048"); // for the same host as `server`
const trusting: ImportOptions = { authCertificate: () => true };

for (const versions of [ONLY_TLS12, ONLY_TLS13]) {
  for (
    const [what, expected, options, client] of [
      ["one certificate", false, { certificates: [server.credential] }, {}],
      ["one certificate for another host", false, {
        certificates: [otherServer.credential],
      }, trusting],
      ["a certificate that the name has chosen", true, {
        certificates: [otherServer.credential, server.credential],
      }, {}],
      ["a certificate that the name has chosen and that comes first anyway", true, {
        certificates: [server.credential, otherServer.credential],
      }, {}],
      ["two certificates for the host", false, {
        certificates: [sameName.credential, server.credential],
      }, {}],
      ["two certificates for other hosts", false, {
        certificates: [otherServer.credential, otherServer.credential],
      }, trusting],
      ["a hook that keeps the configuration", false, {
        sniSocketConfig: () => undefined,
      }, {}],
      ["a hook that chooses one", true, { sniSocketConfig: () => ({}) }, {}],
    ] as const satisfies readonly (readonly [string, boolean, ImportOptions, ImportOptions])[]
  ) {
    const verb = expected ? "acknowledges" : "does not acknowledge";
    Deno.test(`a server ${verb} server_name with ${what} (${versions.max})`, async () => {
      assertEquals(
        await answers({ client: { versions, ...client }, server: { versions, ...options } }),
        expected,
      );
    });
  }

  Deno.test(`a server acknowledges no server_name that was not asked for, whatever its hook chooses (${versions.max})`, async () => {
    const client = { versions, hostname: "127.0.0.1", ...trusting };
    assertEquals(await answers({ client, server: { sniSocketConfig: () => ({}) } }), false);
  });

  Deno.test(`a server that resumes a session does not acknowledge server_name (${versions.max})`, async () => {
    const two = new Acquaintance();
    const credentials = { certificates: [otherServer.credential, server.credential] };
    const answered: boolean[] = [];
    for (const resumed of [false, true]) {
      const seen = watch();
      const [info] = await two.meet({
        client: { versions },
        server: { versions, ...credentials },
        serverInternals: { messageFilter: seen.messageFilter },
      });
      assertEquals(info.resumed, resumed);
      answered.push(seen.answered);
    }
    assertEquals(answered, [true, false]);
  });
}

Deno.test("a server acknowledges server_name after a HelloRetryRequest, too", async () => {
  const hooked = { sniSocketConfig: () => ({}), groups: ["secp384r1"] } as const;
  assertEquals(await answers({ client: { versions: ONLY_TLS13 }, server: hooked }), true);
});
