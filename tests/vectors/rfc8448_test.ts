// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { encodeBase64Url, encodeHex } from "@std/encoding";
import { generateKeyShare } from "../../ssl/crypto/key_exchange.ts";
import type { ExpandedSecret, TrafficSecret } from "../../ssl/crypto/expanded_secrets.ts";
import { EarlySecret } from "../../ssl/crypto/key_schedule.ts";
import { Transcript } from "../../ssl/crypto/transcript.ts";
import { CipherSpec } from "../../ssl/record/cipher_spec.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { namedGroupByName } from "../../ssl/tables/named_groups.ts";
import { importX25519, withPrivateKey } from "../ssl/handshake/subtle.ts";
import { seal } from "../ssl/record/tls12_records.ts";
import { hex, openTrace, SUITE, traceMessages, traceSpec } from "./rfc8448_trace.ts";
import { type Trace, type TraceKeyPair, TRACES } from "./rfc8448_vectors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const HELLO_RETRY_REQUEST = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

for (const trace of TRACES) {
  const name = `RFC 8448, Section ${trace.section} (${trace.title})`;

  Deno.test(`CipherSpec opens every record of ${name} and seals it to the same bytes`, async () => {
    const records = (await openTrace(trace)).filter(({ under }) => under !== null);
    assert(records.length >= 4);
    for (const { under, sequence, type, fragment, sealed } of records) {
      const spec = await traceSpec(trace, under!);
      for (let i = 0; i < sequence; i++) await seal(spec, ContentType.alert, new Uint8Array(0));
      assertEquals(encodeHex(await seal(spec, type, fragment)), encodeHex(sealed));
    }
    // What the RFC says the records hold.
    const data = records.filter(({ type }) => type === ContentType.applicationData);
    for (const { under, fragment } of data) {
      const expected = under === "clientEarlyTraffic" ? "414243444546" : COUNTING;
      assertEquals(encodeHex(fragment), expected);
    }
    const alerts = records.filter(({ type }) => type === ContentType.alert);
    assertEquals(alerts.map(({ fragment }) => encodeHex(fragment)), ["0100", "0100"]);
  });

  Deno.test(`KeyShare.complete() finds the shared secret of ${name}`, async () => {
    const { client, server, secrets } = trace;
    const secret = await agree(trace, client, server);
    assertEquals(secret, await agree(trace, server, client));
    // Only these two sections show it; in the others the secrets under it prove it.
    assertEquals(secrets.sharedSecret !== undefined, trace.section === 3 || trace.section === 5);
    if (secrets.sharedSecret !== undefined) assertEquals(secret, hex(secrets.sharedSecret));
    const hellos = traceMessages(await openTrace(trace)).map(({ raw }) => encodeHex(raw));
    assert(hellos.some((hello) => hello.includes(client.publicKey.replace(/\s/g, ""))));
    assert(hellos.some((hello) => hello.includes(server.publicKey.replace(/\s/g, ""))));
  });

  Deno.test(`EarlySecret leads to every secret, key and Finished of ${name}`, async () => {
    const { secrets } = trace;
    const compared = new Set<string>();
    const compare = (name: string, secret: ExpandedSecret): void => {
      assertEquals(encodeHex(secret.bytesForKeyLog()), secrets[name], name);
      compared.add(name);
    };
    const compareKey = async (name: string, secret: TrafficSecret): Promise<void> => {
      const { iv } = await secret.keyAndIv(SUITE);
      assertEquals(encodeHex(iv), trace.keys[name]!.iv, name);
      // The keys are not extractable: they are the same if they do the same.
      const [ours, theirs] = await Promise.all([
        CipherSpec.create(SUITE, secret),
        traceSpec(trace, name),
      ]);
      assertEquals(await seal(ours, 23, hex("00010203")), await seal(theirs, 23, hex("00010203")));
      compared.add(name);
    };

    const messages = traceMessages(await openTrace(trace));
    const next = (type: number): Bytes => {
      const message = messages.shift()!;
      assertEquals(message.type, type);
      return message.raw;
    };
    const transcript = new Transcript();
    transcript.setHash(SUITE.hash);

    // ClientHello, and what rests on it alone.
    const clientHello = next(HandshakeType.clientHello);
    const early = secrets.psk === undefined
      ? EarlySecret.withoutPsk(SUITE.hash)
      : EarlySecret.fromPsk(SUITE.hash, hex(secrets.psk));
    if (secrets.psk !== undefined) {
      compared.add("psk");
      const binderKey = await early.binderKey("res");
      compare("binderKey", binderKey);
      const binder = clientHello.subarray(-32);
      assertEquals(encodeHex(binder), secrets.binder);
      compared.add("binder");
      const binderHash = await transcript.digestWith(clientHello.subarray(0, -(32 + 1 + 2)));
      assertEquals(encodeHex(binderHash), secrets.binderHash);
      compared.add("binderHash");
      assertEquals(await binderKey.finishedMac(binderHash), binder);
      assert(await binderKey.verifyFinished(binderHash, binder));
      transcript.add(clientHello);
      const hash = await transcript.digest();
      const clientEarly = await early.clientEarlyTrafficSecret(hash);
      compare("clientEarlyTrafficSecret", clientEarly);
      await compareKey("clientEarlyTraffic", clientEarly);
      compare("earlyExporterMasterSecret", await early.earlyExporterMasterSecret(hash));
    } else {
      transcript.add(clientHello);
    }

    // ServerHello, perhaps after a HelloRetryRequest.
    let serverHello = next(HandshakeType.serverHello);
    assertEquals(encodeHex(serverHello).includes(HELLO_RETRY_REQUEST), trace.section === 5);
    if (trace.section === 5) {
      await transcript.replaceWithMessageHash();
      transcript.add(serverHello);
      transcript.add(next(HandshakeType.clientHello));
      serverHello = next(HandshakeType.serverHello);
    }
    transcript.add(serverHello);
    const helloHash = await transcript.digest();
    const sharedSecret = await agree(trace, trace.client, trace.server);
    const handshake = early.enterHandshake(sharedSecret);
    assertEquals(sharedSecret, new Uint8Array(sharedSecret.length));
    compared.add("sharedSecret");
    const clientHandshake = await handshake.clientHandshakeTrafficSecret(helloHash);
    compare("clientHandshakeTrafficSecret", clientHandshake);
    await compareKey("clientHandshakeTraffic", clientHandshake);
    const serverHandshake = await handshake.serverHandshakeTrafficSecret(helloHash);
    compare("serverHandshakeTrafficSecret", serverHandshake);
    await compareKey("serverHandshakeTraffic", serverHandshake);

    // The server's flight.
    const addUntilFinished = async (secret: TrafficSecret, from: string): Promise<void> => {
      for (;;) {
        const message = messages.shift()!;
        if (message.type === HandshakeType.finished) {
          assertEquals(message.from, from);
          const hash = await transcript.digest();
          assertEquals(await secret.finishedMac(hash), message.body);
          assert(await secret.verifyFinished(hash, message.body));
          transcript.add(message.raw);
          return;
        }
        transcript.add(message.raw);
      }
    };
    await addUntilFinished(serverHandshake, "server");
    const serverFinishedHash = await transcript.digest();
    const master = handshake.enterMaster();
    const clientApplication = await master.clientApplicationTrafficSecret(serverFinishedHash);
    compare("clientApplicationTrafficSecret0", clientApplication);
    await compareKey("clientApplicationTraffic", clientApplication);
    const serverApplication = await master.serverApplicationTrafficSecret(serverFinishedHash);
    compare("serverApplicationTrafficSecret0", serverApplication);
    await compareKey("serverApplicationTraffic", serverApplication);
    compare("exporterMasterSecret", await master.exporterMasterSecret(serverFinishedHash));

    // The client's flight.
    await addUntilFinished(clientHandshake, "client");
    const resumption = await master.resumptionMasterSecret(await transcript.digest());
    compare("resumptionMasterSecret", resumption);
    if (secrets.resumptionPsk !== undefined) {
      const ticket = next(HandshakeType.newSessionTicket);
      const nonceLength = ticket[12]!;
      const psk = await resumption.resumptionPsk(ticket.subarray(13, 13 + nonceLength));
      assertEquals(encodeHex(psk), secrets.resumptionPsk);
      compared.add("resumptionPsk");
    }
    assertEquals(messages, []);
    const given = new Set([...Object.keys(secrets), ...Object.keys(trace.keys), "sharedSecret"]);
    assertEquals([...compared].sort(), [...given].sort());
  });
}

/** The bytes 00 to 31, which the RFC's application data is. */
const COUNTING = encodeHex(Uint8Array.from({ length: 50 }, (_, i) => i));

/**
 * Computes the shared secret with a private key of the RFC in the place of the one that is
 * generated.
 */
async function agree(trace: Trace, own: TraceKeyPair, peer: TraceKeyPair): Promise<Bytes> {
  const privateKey = trace.group === "x25519"
    ? await importX25519(hex(own.privateKey))
    : await importP256(own);
  const group = namedGroupByName(trace.group)!;
  const share = await withPrivateKey(privateKey, () => generateKeyShare(group));
  return await share.complete(hex(peer.publicKey));
}

function importP256({ privateKey, publicKey }: TraceKeyPair): Promise<CryptoKey> {
  const point = hex(publicKey);
  const jwk = {
    kty: "EC",
    crv: "P-256",
    d: encodeBase64Url(hex(privateKey)),
    x: encodeBase64Url(point.subarray(1, 33)),
    y: encodeBase64Url(point.subarray(33)),
  };
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, [
    "deriveBits",
  ]);
}
