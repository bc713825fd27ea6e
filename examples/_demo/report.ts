// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

import { type Certificate, type ChannelInfo, NssError } from "@nss/nss";
import { formatGeneralName } from "@nss/nss/cert";
import { encodeHex } from "@std/encoding";

const COLUMN = 18;

/** What the demo prints: aligned, and coloured where somebody looks at it. */
export class Report {
  readonly #colour = Deno.stdout.isTerminal() && !Deno.noColor;
  readonly #seen = new Set<string>();
  readonly #timeout: number;
  #right = 0;
  #wrong = 0;

  /** Makes a report whose parts take so many milliseconds at most. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** What all of it is. */
  title(text: string): void {
    console.log(this.#paint("1", text));
  }

  /** Begins a part. */
  heading(text: string): void {
    console.log(`\n${this.#paint("1;36", text)}`);
  }

  /** Runs a part; an error makes it wrong and does not keep the others from running. */
  async section(name: string, run: () => Promise<void>): Promise<void> {
    this.heading(name);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("It took too long")), this.#timeout);
    try {
      await Promise.race([run(), late]);
    } catch (error) {
      const code = error instanceof NssError ? `${error.name}: ` : "";
      this.verdict(false, code + (error instanceof Error ? error.message : String(error)));
    } finally {
      clearTimeout(timer);
    }
  }

  /** A name and what is to be said of it. */
  fact(name: string, value: string): void {
    console.log(`  ${this.#paint("2", name.padEnd(COLUMN))}${value}`);
  }

  /** How long something took. */
  time(name: string, milliseconds: number): void {
    this.fact(name, `${milliseconds.toFixed(1)} ms`);
  }

  /** What a handshake agreed on, and with whom. */
  async negotiated(info: ChannelInfo): Promise<void> {
    this.fact("version", info.version);
    this.fact("cipher suite", info.cipherSuite);
    this.fact("group", info.group);
    this.fact("signature", signatureOf(info));
    this.fact("ALPN", info.alpnProtocol ?? "none");
    this.fact("session", info.resumed ? "resumed" : "new");
    const [peer] = info.peerCertificates;
    if (peer) await this.certificate(peer, "peer certificate");
  }

  /**
   * Whose a certificate is, by whom, until when and for which names; in short when it is seen
   * again.
   */
  async certificate(certificate: Certificate, name: string): Promise<void> {
    const fingerprint = encodeHex(await certificate.fingerprint());
    if (this.#seen.has(fingerprint)) {
      return this.fact(
        name,
        `${certificate.subject}, SHA-256 ${fingerprint.slice(0, 8)}..., as above`,
      );
    }
    this.#seen.add(fingerprint);
    const names = certificate.subjectAltName ?? [];
    const validity = [certificate.notBefore, certificate.notAfter].map(formatTime);
    this.fact(name, certificate.subject.toString());
    this.fact("  issuer", certificate.issuer.toString());
    this.fact("  key", certificate.subjectPublicKeyInfo.toString());
    this.fact("  valid", validity.join(" to "));
    if (names.length > 0) this.fact("  names", names.map(formatGeneralName).join(", "));
    this.fact("  SHA-256", fingerprint);
  }

  /** Whether something is as it should be. */
  verdict(right: boolean, text: string): void {
    if (right) this.#right++;
    else this.#wrong++;
    console.log(`  ${right ? this.#paint("32", "✓") : this.#paint("31", "✗")} ${text}`);
  }

  /** What is left out for want of a program. */
  absent(program: string): void {
    console.log(`  ${this.#paint("33", "left out:")} there is no ${program} here`);
  }

  /** Prints the result. */
  summary(): boolean {
    const good = this.#wrong === 0;
    const text = good ? `All ${this.#right} checks passed` : `${this.#wrong} checks failed`;
    console.log(`\n${this.#paint(good ? "1;32" : "1;31", text)}`);
    return good;
  }

  #paint(style: string, text: string): string {
    return this.#colour ? `\x1b[${style}m${text}\x1b[0m` : text;
  }
}

function signatureOf({ peerSignatureScheme, localSignatureScheme, resumed }: ChannelInfo): string {
  return peerSignatureScheme ?? localSignatureScheme ??
    (resumed ? "none: the session's secret proves who it is" : "none");
}

function formatTime(time: Date): string {
  return time.toISOString().slice(0, 16).replace("T", " ");
}
