// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse } from "@std/assert";
import { encodeHex } from "@std/encoding";
import { parseCertificate as parseX509 } from "../../cert/certificate/certificate.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import type { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { lookupExtension, type MessageKind } from "../../ssl/extensions/registry.ts";
import { Transcript } from "../../ssl/crypto/transcript.ts";
import { encodeCertificate, parseCertificate } from "../../ssl/messages/certificate.ts";
import {
  encodeCertificateRequest,
  parseCertificateRequest,
} from "../../ssl/messages/certificate_request.ts";
import {
  encodeCertificateVerify,
  parseCertificateVerify,
} from "../../ssl/messages/certificate_verify.ts";
import {
  encodeClientHello,
  parseClientHello,
  truncateBinders,
} from "../../ssl/messages/client_hello.ts";
import {
  encodeEncryptedExtensions,
  parseEncryptedExtensions,
} from "../../ssl/messages/encrypted_extensions.ts";
import { encodeEndOfEarlyData, parseEndOfEarlyData } from "../../ssl/messages/end_of_early_data.ts";
import { encodeFinished, parseFinished } from "../../ssl/messages/finished.ts";
import { encodeHandshake, HandshakeJoiner } from "../../ssl/messages/handshake.ts";
import {
  encodeNewSessionTicket,
  parseNewSessionTicket,
} from "../../ssl/messages/new_session_ticket.ts";
import { encodeServerHello, parseServerHello } from "../../ssl/messages/server_hello.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType, handshakeTypeName } from "../../ssl/tables/handshake_types.ts";
import { signatureSchemeById } from "../../ssl/tables/signature_schemes.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { Writer } from "../../ssl/wire/writer.ts";
import { hex, openTrace, traceMessages } from "./rfc8448_trace.ts";
import { TRACES } from "./rfc8448_vectors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a message's body is encoded to after it was parsed, and the blocks of extensions in it. */
interface Recoded {
  readonly body: Bytes;
  readonly blocks: readonly (readonly [MessageKind, ExtensionBlock | undefined])[];
}

const RECODE: Readonly<Record<number, (body: Bytes) => Recoded>> = {
  [HandshakeType.clientHello](body) {
    const message = parseClientHello(body);
    return { body: encodeClientHello(message), blocks: [["ClientHello", message.extensions]] };
  },
  [HandshakeType.serverHello](body) {
    const message = parseServerHello(body);
    const kind = message.isHelloRetryRequest ? "HelloRetryRequest" : "ServerHello";
    return { body: encodeServerHello(message), blocks: [[kind, message.extensions]] };
  },
  [HandshakeType.encryptedExtensions](body) {
    const message = parseEncryptedExtensions(body);
    return {
      body: encodeEncryptedExtensions(message),
      blocks: [["EncryptedExtensions", message.extensions]],
    };
  },
  [HandshakeType.certificateRequest](body) {
    const message = parseCertificateRequest(body);
    return {
      body: encodeCertificateRequest(message),
      blocks: [["CertificateRequest", message.extensions]],
    };
  },
  [HandshakeType.certificate](body) {
    const message = parseCertificate(body);
    return {
      body: encodeCertificate(message),
      blocks: message.certificateList.map(({ extensions }) => ["CertificateEntry", extensions]),
    };
  },
  [HandshakeType.certificateVerify](body) {
    return { body: encodeCertificateVerify(parseCertificateVerify(body)), blocks: [] };
  },
  [HandshakeType.finished](body) {
    return { body: encodeFinished(parseFinished(body, 32)), blocks: [] };
  },
  [HandshakeType.endOfEarlyData](body) {
    parseEndOfEarlyData(body);
    return { body: encodeEndOfEarlyData(), blocks: [] };
  },
  [HandshakeType.newSessionTicket](body) {
    const message = parseNewSessionTicket(body);
    return {
      body: encodeNewSessionTicket(message),
      blocks: [["NewSessionTicket", message.extensions]],
    };
  },
};

const HELLOS = ["client_hello", "server_hello"];
const SERVER_FLIGHT = ["encrypted_extensions", "certificate", "certificate_verify", "finished"];

/** The messages of each section, by the RFC's text. */
const MESSAGES: Readonly<Record<number, readonly string[]>> = {
  3: [...HELLOS, ...SERVER_FLIGHT, "finished", "new_session_ticket"],
  4: [...HELLOS, "encrypted_extensions", "finished", "end_of_early_data", "finished"],
  5: [...HELLOS, ...HELLOS, ...SERVER_FLIGHT, "finished"],
  6: [
    ...HELLOS,
    ...SERVER_FLIGHT.toSpliced(1, 0, "certificate_request"),
    "certificate",
    "certificate_verify",
    "finished",
  ],
  7: [...HELLOS, ...SERVER_FLIGHT, "finished"],
};

for (const trace of TRACES) {
  const name = `RFC 8448, Section ${trace.section} (${trace.title})`;

  Deno.test(`encodeHandshake() and the messages' codecs give back every message of ${name}`, async () => {
    const messages = traceMessages(await openTrace(trace));
    assertEquals(messages.map(({ type }) => handshakeTypeName(type)), MESSAGES[trace.section]);
    for (const { type, body, raw } of messages) {
      const recoded = RECODE[type]!(body);
      assertEquals(encodeHex(encodeHandshake(type, recoded.body)), encodeHex(raw));
      for (const [kind, block] of recoded.blocks) {
        for (const extensionType of block!.types()) assertRecodes(extensionType, kind, block!);
      }
    }
  });

  Deno.test(`HandshakeJoiner cuts the flights of ${name} into messages, however they come`, async () => {
    const records = await openTrace(trace);
    const expected = traceMessages(records);
    for (const size of [1, 7, 16384]) {
      for (const from of ["client", "server"] as const) {
        const joiner = new HandshakeJoiner();
        const joined: string[] = [];
        for (const record of records) {
          if (record.from !== from || record.type !== ContentType.handshake) continue;
          for (let i = 0; i < record.fragment.length; i += size) {
            joiner.push(record.fragment.subarray(i, i + size));
            for (let next = joiner.next(); next !== null; next = joiner.next()) {
              joined.push(encodeHex(next.raw));
            }
          }
          assertFalse(joiner.pending);
        }
        const own = expected.filter((message) => message.from === from);
        assertEquals(joined, own.map(({ raw }) => encodeHex(raw)));
      }
    }
  });

  if (trace.secrets.binderHash !== undefined) {
    Deno.test(`truncateBinders() finds what the binder of ${name} covers`, async () => {
      const [clientHello] = traceMessages(await openTrace(trace));
      const transcript = new Transcript();
      const hash = await transcript.digestWith(truncateBinders(clientHello!.raw), "SHA-256");
      assertEquals(encodeHex(hash), trace.secrets.binderHash);
    });
    continue;
  }

  Deno.test(`verifySignature() accepts every CertificateVerify of ${name}`, async () => {
    const transcript = new Transcript();
    transcript.setHash("SHA-256");
    let verified = 0;
    let certificate: Bytes | undefined;
    for (const { from, type, body, raw, inTranscript } of traceMessages(await openTrace(trace))) {
      if (type === HandshakeType.certificate) {
        certificate = parseCertificate(body).certificateList[0]!.certData;
      } else if (type === HandshakeType.certificateVerify) {
        const { algorithm, signature } = parseCertificateVerify(body);
        const { scheme } = signatureSchemeById(algorithm)!;
        const { subjectPublicKeyInfo } = parseX509(certificate!);
        // RFC 8446, Section 4.4.3.
        const content = Uint8Array.of(
          ...new Uint8Array(64).fill(0x20),
          ...new TextEncoder().encode(`TLS 1.3, ${from} CertificateVerify\0`),
          ...await transcript.digest(),
        );
        assert(await verifySignature(subjectPublicKeyInfo, scheme, content, signature));
        content[content.length - 1]! ^= 1;
        assertFalse(await verifySignature(subjectPublicKeyInfo, scheme, content, signature));
        verified++;
      } else if (type === HandshakeType.serverHello && parseServerHello(body).isHelloRetryRequest) {
        await transcript.replaceWithMessageHash();
      }
      if (inTranscript) transcript.add(raw);
    }
    // Section 6 has an ECDSA and an RSA key, the others an RSA key alone.
    assertEquals(verified, trace.section === 6 ? 2 : 1);
  });
}

Deno.test("parseClientHello() and parseServerHello() find the key shares of RFC 8448", async () => {
  for (const trace of TRACES) {
    const hellos = traceMessages(await openTrace(trace))
      .filter(({ type }) =>
        type === HandshakeType.clientHello || type === HandshakeType.serverHello
      )
      .slice(-2);
    for (const { type, body } of hellos) {
      const { publicKey } = type === HandshakeType.clientHello ? trace.client : trace.server;
      const { extensions } = type === HandshakeType.clientHello
        ? parseClientHello(body)
        : parseServerHello(body);
      const share = extensions!.body(51)!;
      assertEquals(encodeHex(share.subarray(-hex(publicKey).length)), encodeHex(hex(publicKey)));
    }
  }
});

/** Checks that an extension's value says all that its bytes say. */
function assertRecodes(type: number, kind: MessageKind, block: ExtensionBlock): void {
  const codec = lookupExtension(type, kind);
  assert(codec !== "disallowed");
  if (codec === "unknown" || codec === "opaque") return;
  const body = block.body(type)!;
  const writer = new Writer();
  codec.encode(writer, codec.parse(new Reader(body)));
  assertEquals(encodeHex(writer.finish()), encodeHex(body), `${codec.name} in ${kind}`);
}
