// Copyright 2026 the NSS for Deno authors. MIT license.

/** Raw public keys (RFC 7250): who is trusted, first and again, in both roles and both versions. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  getChannelBinding,
  getPreliminaryChannelInfo,
  importFD,
  type ImportOptions,
} from "@nss/nss";
import { getResumptionTokenInfo, type RawPublicKeyHook, setResumptionToken } from "@nss/nss/ssl";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { MAX_RAW_PUBLIC_KEYS } from "../../ssl/config/raw_public_keys.ts";
import { memoryPair } from "../support/memory_pair.ts";
import {
  assertFails,
  connected,
  failureOf,
  HOSTNAME,
  join,
  type JoinOptions,
  PKI,
  session,
  shake,
} from "./_support.ts";
import {
  CLIENT,
  CLIENT_KEYS,
  inVersion,
  MUTUAL,
  own,
  PINNED,
  SERVER,
  SERVER_KEYS,
  STRANGER,
} from "./_raw_public_keys.ts";

/** Keys of 1,024 bits are not made here, but may be imported. */
const RSA_1024 = await (async () => {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const made = await crypto.subtle.generateKey(
    { ...algorithm, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign"],
  );
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", made.privateKey));
  const privateKey = await importPrivateKey(pkcs8);
  return { privateKey, publicKey: privateKey.publicKey! };
})();

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const of = (options: JoinOptions) => inVersion(version, options);
  Deno.test(`rawPublicKeys: each form of a pin accepts the key, and none another (${version})`, async () => {
    const { publicKey } = SERVER;
    const webCrypto = await crypto.subtle.importKey(
      "spki",
      publicKey.der,
      { name: "ECDSA", namedCurve: "P-256" },
      true,
      ["verify"],
    );
    const forms = [publicKey, publicKey.der, publicKey.toPem(), await publicKey.pin(), webCrypto];
    for (const form of forms) {
      const accept = [STRANGER.publicKey, form];
      const [info] = await session(of({ ...PINNED, client: { rawPublicKeys: { accept } } }));
      assert(info.peerRawPublicKey?.equals(publicKey));
      await assertFails(
        of({
          server: { rawPublicKeys: { keys: own(STRANGER) } },
          client: { rawPublicKeys: { accept: [form] } },
        }),
        { at: "client", error: "SSL_ERROR_BAD_CERTIFICATE", alert: "bad_certificate" },
      );
    }
  });

  Deno.test(`rawPublicKeys: a key that is not in the list ends the handshake, and the error says its SHA-256 (${version})`, async () => {
    const error = await assertFails(
      of({ ...PINNED, client: { rawPublicKeys: { accept: [STRANGER.publicKey] } } }),
      { at: "client", error: "SSL_ERROR_BAD_CERTIFICATE", alert: "bad_certificate" },
    );
    assertStringIncludes(error.message, await SERVER.publicKey.pin());
  });

  Deno.test(`rawPublicKeys: a hook accepts by true alone, and is told whose key it is (${version})`, async () => {
    const seen: unknown[] = [];
    const client = (accept: RawPublicKeyHook) =>
      of({ ...PINNED, client: { rawPublicKeys: { accept } } });
    await session(client(async (socket, { publicKey, hostname, isServer }) => {
      seen.push([hostname, isServer, await publicKey.pin()]);
      assert(getPreliminaryChannelInfo(socket).peerRawPublicKey?.equals(SERVER.publicKey));
      publicKey.der.fill(0); // a copy
      publicKey.publicKey.fill(0);
      return true;
    }));
    assertEquals(seen, [[HOSTNAME, false, await SERVER.publicKey.pin()]]);
    for (const verdict of [false, undefined, 1, "yes"]) {
      const error = await assertFails(client(() => verdict as boolean), {
        at: "client",
        error: "SSL_ERROR_BAD_CERTIFICATE",
        alert: "bad_certificate",
      });
      assertStringIncludes(error.message, "rawPublicKeys.accept");
    }
    await assertFails(client(() => Promise.reject(new Error("no"))), {
      at: "client",
      error: "SEC_ERROR_APPLICATION_CALLBACK_ERROR",
      alert: "bad_certificate",
    });
  });

  Deno.test(`rawPublicKeys: no other hook decides about a key, nor waves it through (${version})`, async () => {
    const asked: string[] = [];
    const client: ImportOptions = {
      rawPublicKeys: { accept: [STRANGER.publicKey], orCertificate: true },
      badCert: () => (asked.push("badCert"), true),
      authCertificate: () => (asked.push("authCertificate"), true),
    };
    await assertFails(of({ ...PINNED, client }), {
      at: "client",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
    assertEquals(asked, []);
  });

  Deno.test(`rawPublicKeys: who accepts keys takes no certificate, whatever hooks say, unless orCertificate does (${version})`, async () => {
    const client: ImportOptions = { badCert: () => true, authCertificate: () => true };
    const accept = [SERVER.publicKey];
    const server = {}; // with a certificate that the client's root has issued
    await assertFails(of({ server, client: { ...client, rawPublicKeys: { accept } } }), {
      at: "server",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
    const [info] = await session(
      of({ server, client: { rawPublicKeys: { accept, orCertificate: true } } }),
    );
    assertEquals(info.peerCertificates, [PKI.server.cert]);
    // A server likewise
    const certificates = [PKI.client.credential];
    const serving = {
      ...MUTUAL.server,
      certificates: [PKI.server.credential],
      authCertificate: () => true,
    };
    const withCertificate = { certificates };
    const error = await assertFails(of({ server: serving, client: withCertificate }), {
      at: "server",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
    assertStringIncludes(error.message, "orCertificate");
  });

  Deno.test(`rawPublicKeys: policies' rules for keys apply to those of both ends (${version})`, async () => {
    const policy = "compatible"; // RSA keys have 2,048 bits at least
    const weak = { certificates: [], rawPublicKeys: { keys: own(RSA_1024) } };
    // Neither the list nor a hook that accepts all takes it
    for (const accept of [[RSA_1024.publicKey], () => true]) {
      const client: ImportOptions = { policy, rawPublicKeys: { accept } };
      await assertFails(of({ server: weak, client }), {
        at: "client",
        error: "SSL_ERROR_WEAK_SERVER_CERT_KEY",
        alert: "insufficient_security",
      });
    }
    const accept = [RSA_1024.publicKey];
    const passedOver = await assertFails(
      of({ server: { ...weak, policy }, client: { rawPublicKeys: { accept } } }),
      { at: "server", error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG", alert: "handshake_failure" },
    );
    assertStringIncludes(passedOver.message, "fewer than 2048");
    await assertFails(
      of({
        server: { ...MUTUAL.server, policy, rawPublicKeys: { keys: SERVER_KEYS, accept } },
        client: { rawPublicKeys: { accept: [SERVER.publicKey], keys: own(RSA_1024) } },
      }),
      {
        at: "server",
        error: "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
        alert: "bad_certificate",
      },
    );
  });

  Deno.test(`rawPublicKeys: a resumed session has the key of the first handshake, at both ends (${version})`, async () => {
    const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
    const again = () =>
      session(of({
        client: { ...MUTUAL.client, context: contexts[0]! },
        server: { ...MUTUAL.server, context: contexts[1]! },
      }));
    await again();
    const [info, serverInfo] = await again();
    assertEquals([info.resumed, serverInfo.resumed], [true, true]);
    assert(info.peerRawPublicKey?.equals(SERVER.publicKey));
    assert(serverInfo.peerRawPublicKey?.equals(CLIENT.publicKey));
  });

  Deno.test(`rawPublicKeys: a key that was taken from the list is not resumed, at either end (${version})`, async () => {
    const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
    const with_ = (client: ImportOptions, server: ImportOptions) =>
      of({
        client: { ...MUTUAL.client, context: contexts[0]!, ...client },
        server: { ...MUTUAL.server, context: contexts[1]!, ...server },
      });
    await session(with_({}, {}));
    const others = [STRANGER.publicKey];
    await assertFails(with_({}, { rawPublicKeys: { keys: SERVER_KEYS, accept: others } }), {
      at: "server",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
    await session(with_({}, {}));
    await assertFails(with_({ rawPublicKeys: { keys: CLIENT_KEYS, accept: others } }, {}), {
      at: "client",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
    await assertFails(with_({}, { rawPublicKeys: { keys: SERVER_KEYS } }), {
      at: "server",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
  });

  Deno.test(`rawPublicKeys: a token has the server's key, which is judged again (${version})`, async () => {
    const tokens: Uint8Array[] = [];
    let verdict = true;
    let asked = 0;
    const accept: RawPublicKeyHook = () => (asked++, verdict);
    const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
    const options = of({
      server: { ...PINNED.server, context: contexts[1]! },
      client: {
        rawPublicKeys: { accept },
        context: contexts[0]!,
        resumptionTokenCallback: (_, token) => void tokens.push(token),
      },
    });
    await session(options);
    const info = getResumptionTokenInfo(tokens[0]!);
    assertEquals([info.peerCertificate, await info.peerRawPublicKey?.pin()], [
      null,
      await SERVER.publicKey.pin(),
    ]);
    const resume = async () => {
      await using joined = join(options);
      setResumptionToken(joined.client, tokens[0]!);
      const [{ resumed }] = await shake(joined);
      return resumed;
    };
    assertEquals([await resume(), asked], [true, 2]);
    verdict = false;
    await using refused = join(options);
    setResumptionToken(refused.client, tokens[0]!);
    const [outcome] = await Promise.allSettled([
      refused.client.handshake(),
      refused.server.handshake(),
    ]);
    assertEquals((outcome as PromiseRejectedResult).reason.name, "SSL_ERROR_BAD_CERTIFICATE");
    assertEquals(asked, 4); // about the token, and then about the key in the full handshake
  });

  Deno.test(`getChannelBinding() has no tls-server-end-point of a raw public key, and names what to use (${version})`, async () => {
    await using joined = await connected(of(PINNED));
    for (const end of [joined.client, joined.server]) {
      const error = await failureOf(getChannelBinding(end, "tls-server-end-point"));
      assertEquals(error.name, "SSL_ERROR_NO_CERTIFICATE");
      assertStringIncludes(error.message, "tls-exporter");
    }
    assertEquals(
      await getChannelBinding(joined.client, "tls-exporter"),
      await getChannelBinding(joined.server, "tls-exporter"),
    );
  });
}

Deno.test("rawPublicKeys: a list has 1,024 keys at most", () => {
  const open = (count: number) => {
    const accept = Array(count).fill(SERVER.publicKey);
    return importFD(memoryPair()[0], { rawPublicKeys: { accept } }).close();
  };
  void open(MAX_RAW_PUBLIC_KEYS);
  let message = "";
  try {
    void open(MAX_RAW_PUBLIC_KEYS + 1);
  } catch (error) {
    message = String(error);
  }
  assertStringIncludes(message, "more than 1024");
});
