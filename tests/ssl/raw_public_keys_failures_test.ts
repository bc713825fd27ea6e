// Copyright 2026 the NSS for Deno authors. MIT license.

/** Raw public keys (RFC 7250): what a peer may not send, in both roles and both versions. */

import type { ImportOptions } from "@nss/nss";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { actOn, type Edit, setExtension } from "./_filters.ts";
import { assertFails, type JoinOptions, PKI } from "./_support.ts";
import { inVersion, MUTUAL, own, PINNED, RPK, SERVER, STRANGER, X509 } from "./_raw_public_keys.ts";

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const of = (options: JoinOptions) => inVersion(version, options);
  const message = version === "TLSv1.3"
    ? HandshakeType.encryptedExtensions
    : HandshakeType.serverHello;
  const block = version === "TLSv1.3" ? "EncryptedExtensions" : "ServerHello";
  const { serverCertificateType, clientCertificateType } = ExtensionType;
  const answering = (
    edit: Edit,
    client: ImportOptions = PINNED.client,
    server: ImportOptions = PINNED.server,
  ) => of({ server, client, serverInternals: { messageFilter: actOn(message, 0, { edit }) } });

  Deno.test(`rawPublicKeys: a server may choose no type that was not offered (${version})`, async () => {
    const chosen = (type: number) => answering(setExtension(block, serverCertificateType, [type]));
    for (const type of [X509, 1, 3, 255]) {
      await assertFails(chosen(type), {
        at: "client",
        error: "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
        alert: "illegal_parameter",
      });
    }
    await assertFails(
      answering(setExtension(block, serverCertificateType, [])),
      {
        at: "client",
        error: version === "TLSv1.3"
          ? "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS"
          : "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
        alert: "decode_error",
      },
    );
    await assertFails(answering(setExtension(block, clientCertificateType, [RPK])), {
      at: "client",
      error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
      alert: "unsupported_extension",
    });
    await assertFails(answering(setExtension(block, serverCertificateType, null)), {
      at: "client",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
    // Who takes certificates alone has offered nothing
    await assertFails(answering(setExtension(block, serverCertificateType, [RPK]), {}, {}), {
      at: "client",
      error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
      alert: "unsupported_extension",
    });
  });

  Deno.test(`rawPublicKeys: a client's list of types is not empty (${version})`, async () => {
    for (const type of [serverCertificateType, clientCertificateType]) {
      await assertFails(
        of({
          ...MUTUAL,
          clientInternals: {
            messageFilter: actOn(HandshakeType.clientHello, 0, {
              edit: setExtension("ClientHello", type, [0]),
            }),
          },
        }),
        { at: "server", error: "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO", alert: "decode_error" },
      );
    }
  });

  const u24 = (length: number) => [length >> 16, length >> 8 & 0xff, length & 0xff];
  /** Certificate of the version with these entries; TLS 1.2 has the key alone. */
  const certificate =
    (entries: readonly Uint8Array[], extensions: readonly number[] = []): Edit => () => {
      if (version === "TLSv1.2") {
        return new Uint8Array(entries.flatMap((der) => [...u24(der.length), ...der]));
      }
      const list = entries.flatMap((
        der,
      ) => [...u24(der.length), ...der, 0, extensions.length, ...extensions]);
      return new Uint8Array([0, ...u24(list.length), ...list]);
    };
  const sent = (at: "client" | "server", edit: Edit): JoinOptions => {
    const messageFilter = actOn(HandshakeType.certificate, 0, { edit });
    const internals = at === "server"
      ? { serverInternals: { messageFilter } }
      : { clientInternals: { messageFilter } };
    return of({ ...MUTUAL, ...internals });
  };
  const key = SERVER.publicKey.der;
  const x25519 = new Uint8Array([
    0x30,
    0x2a,
    0x30,
    5,
    6,
    3,
    0x2b,
    0x65,
    0x6e,
    3,
    0x21,
    0,
    ...new Uint8Array(32).fill(9),
  ]);
  const offCurve = key.slice();
  offCurve[offCurve.length - 1]! ^= 1;

  for (const from of ["client", "server"] as const) {
    const at = from === "client" ? "server" : "client";
    Deno.test(`rawPublicKeys: what is no key in the place of one ends the handshake, of a ${from} (${version})`, async () => {
      const malformed = "SSL_ERROR_RX_MALFORMED_CERTIFICATE";
      const rows = [
        [
          "garbage",
          certificate([new Uint8Array(40).fill(1)]),
          "SSL_ERROR_BAD_CERTIFICATE",
          "bad_certificate",
        ],
        [
          "a certificate",
          certificate([PKI.server.cert.der]),
          "SSL_ERROR_BAD_CERTIFICATE",
          "bad_certificate",
        ],
        [
          "a key and a byte",
          certificate([new Uint8Array([...key, 0])]),
          "SSL_ERROR_BAD_CERTIFICATE",
          "bad_certificate",
        ],
        [
          "a key that does not sign",
          certificate([x25519]),
          "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
          "unsupported_certificate",
        ],
        [
          "two entries",
          certificate([key, key]),
          malformed,
          version === "TLSv1.3" ? "illegal_parameter" : "decode_error",
        ],
        [
          "an empty entry",
          certificate([new Uint8Array(0)]),
          version === "TLSv1.3" || at === "client" ? malformed : "SSL_ERROR_NO_CERTIFICATE",
          version === "TLSv1.3" || at === "client" ? "decode_error" : "handshake_failure",
        ],
        [
          "cut off",
          (body: Uint8Array<ArrayBuffer>) => body.slice(0, -1),
          malformed,
          "decode_error",
        ],
        ...(version === "TLSv1.3"
          ? [
            [
              "extensions",
              certificate([key], [0, 18, 0, 5, 0, 3, 0, 1, 1]),
              "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
              "unsupported_extension",
            ] as const,
          ]
          : []),
      ] as const;
      for (const [name, edit, error, alert] of rows) {
        try {
          await assertFails(sent(from, edit), { at, error, alert });
        } catch (cause) {
          throw new Error(`${name}: ${cause}`, { cause });
        }
      }
    });
  }

  Deno.test(`rawPublicKeys: what belongs to certificates does not come with a key, even if it was asked for (${version})`, async () => {
    const list = [0, 3, 0, 1, 1];
    const accept = [SERVER.publicKey];
    const client = { signedCertTimestamps: true, rawPublicKeys: { accept, orCertificate: true } };
    const type = ExtensionType.signedCertificateTimestamp;
    const messageFilter = version === "TLSv1.3"
      ? actOn(HandshakeType.certificate, 0, { edit: certificate([key], [0, type, 0, 5, ...list]) })
      : actOn(message, 0, { edit: setExtension(block, type, list) });
    await assertFails(of({ ...PINNED, client, serverInternals: { messageFilter } }), {
      at: "client",
      error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
      alert: "unsupported_extension",
    });
  });

  Deno.test(`rawPublicKeys: a key of a point that is not on its curve is refused, even by a hook that accepts it (${version})`, async () => {
    const messageFilter = actOn(HandshakeType.certificate, 0, { edit: certificate([offCurve]) });
    await assertFails(
      of({
        ...PINNED,
        client: { rawPublicKeys: { accept: () => true } },
        serverInternals: { messageFilter },
      }),
      { at: "client", error: "SSL_ERROR_BAD_CERTIFICATE", alert: "bad_certificate" },
    );
  });

  Deno.test(`rawPublicKeys: a key whose owner does not sign is refused (${version})`, async () => {
    // The right key, but another's signature
    const messageFilter = actOn(HandshakeType.certificate, 0, { edit: certificate([key]) });
    const server = { certificates: [], rawPublicKeys: { keys: own(STRANGER) } };
    await assertFails(of({ ...PINNED, server, serverInternals: { messageFilter } }), {
      at: "client",
      error: "SEC_ERROR_BAD_SIGNATURE",
      alert: "decrypt_error",
    });
  });
}
