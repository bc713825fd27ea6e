// Copyright 2026 the NSS for Deno authors. MIT license.

import { deferred } from "../../cert/base/runtime.ts";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { Environment } from "../base/environment.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { SslConfig } from "../config/config.ts";
import { configOf, lockConfig, unlockConfig } from "../config/config_registry.ts";
import { effectiveConfig } from "../config/effective_config.ts";
import { checkForRole } from "../config/resolve_config.ts";
import { type AlertDirection, type MessageFilter, SslEngine } from "../engine/engine.ts";
import type { EarlyWrite } from "../handshake/early_data.ts";
import type { ReHandshakeRequest } from "../handshake/handshake.ts";
import type { Alert } from "../tables/alert_descriptions.ts";
import { type HandshakeBounds, settlesWithin, withinBounds } from "./bounds.ts";
import { ChunkReader } from "./chunk_reader.ts";
import type { Liveness } from "./liveness.ts";
import { Pump } from "./pump.ts";
import { SocketHooks } from "./socket_hooks.ts";
import type { Teardown } from "./teardown.ts";
import { explainHandshakeError } from "./transport_error.ts";

/** The options of a connection besides its configuration. */
export interface ConnectionOptions {
  /** The peer's bytes that have been read already. */
  readonly head?: Uint8Array | undefined;
  /** Aborts the handshake. */
  readonly signal?: AbortSignal | undefined;
  /** The names of the options passed to `importFD`. */
  readonly given?: readonly string[] | undefined;
  /** For tests: the clock and the randomness. */
  readonly environment?: Environment | undefined;
  /** For tests: the number of records in flight. */
  readonly window?: number | undefined;
  /** For tests: filters messages between handshake and records. */
  readonly messageFilter?: MessageFilter | undefined;
}

const PLATFORM: Environment = {
  now: () => Date.now(),
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

/** The handshakes of a connection: the first one, which creates the pump, and later ones. */
export class Handshakes {
  readonly #socket: SslSocket;
  readonly #teardown: Teardown;
  readonly #liveness: Liveness;
  readonly #options: ConnectionOptions;
  readonly #chunks: ChunkReader;
  #pump: Pump | null = null;
  /** The first handshake, or the latest completed one. */
  #latest: Promise<ChannelInfo> | null = null;
  #firstComplete = false;
  /** The early data to send. */
  #early: EarlyWrite | null = null;
  /** Settles when the engine of the first handshake has begun. */
  #started: Promise<void> | null = null;
  /** A later handshake in progress. */
  #rehandshake: Promise<ChannelInfo> | null = null;

  constructor(
    socket: SslSocket,
    teardown: Teardown,
    liveness: Liveness,
    options: ConnectionOptions,
  ) {
    this.#socket = socket;
    this.#teardown = teardown;
    this.#liveness = liveness;
    this.#options = options;
    this.#chunks = new ChunkReader(teardown.transport, options.head);
  }

  /** The pump; `null` before the first handshake starts. */
  get pump(): Pump | null {
    return this.#pump;
  }

  /** The pump of a connection whose handshake is complete. */
  get connectedPump(): Pump {
    if (this.#teardown.error !== null) throw this.#teardown.error;
    const pump = this.#startedPump;
    if (pump.engine.connected) return pump;
    throw notComplete("Cannot tell: the handshake is not complete");
  }

  /** Runs the first handshake, or joins the current one; concurrent callers share the promise. */
  run(): Promise<ChannelInfo> {
    if (this.#rehandshake !== null && this.#firstComplete) return this.#rehandshake;
    if (this.#latest === null) {
      this.#latest = this.#boundedHandshake();
      this.#latest.catch(() => {}); // reported by the next read or write
    }
    return this.#latest;
  }

  /** Lets a handshake that has just failed tell its caller first. */
  async haveReported(): Promise<void> {
    if (this.#latest !== null) await settlesWithin(this.#latest, 0);
  }

  /** Runs or joins the handshake; a timeout or abort ends the connection. */
  async force(bounds: HandshakeBounds): Promise<ChannelInfo> {
    const handshake = this.run();
    if (this.#firstComplete && this.#rehandshake === null) return await handshake;
    return await withinBounds(
      bounds,
      () => handshake,
      (error) => this.#teardown.break(error),
      this.#liveness,
    );
  }

  /**
   * Completes the first handshake. It does not wait for a later one, which the peer may decline or
   * delay.
   */
  async completeFirst(): Promise<Pump> {
    if (!this.#firstComplete) await this.run();
    return this.#startedPump;
  }

  /**
   * Runs another handshake. If the peer declines or does not answer, the connection continues as
   * before.
   */
  async rehandshake(request: ReHandshakeRequest, bounds: HandshakeBounds): Promise<ChannelInfo> {
    const pump = this.connectedPump;
    this.#teardown.throwUnlessOpen();
    if (this.#rehandshake !== null || !this.#firstComplete) {
      throw notComplete("Cannot begin another handshake: the one before is not complete");
    }
    let forgotten: Promise<void> | undefined;
    const info = await this.#runRehandshake(pump, bounds, async () => {
      ({ forgotten } = await pump.engine.beginReHandshake(request));
    }).catch((error) => {
      this.#teardown.throwIfFailed();
      throw error;
    });
    await forgotten;
    return info;
  }

  /**
   * Begins the first handshake with early data.
   *
   * @throws {SslError} `PR_IS_CONNECTED_ERROR` once it has begun.
   */
  runWith(early: EarlyWrite): Promise<ChannelInfo> {
    if (this.#latest !== null) {
      throw new SslError(
        "PR_IS_CONNECTED_ERROR",
        "Cannot send early data: the handshake has begun; " +
          "call writeEarlyData() before the first read, write or handshake()",
      );
    }
    this.#early = early;
    return this.run();
  }

  /** Begins the first handshake, and returns its pump. */
  async begin(): Promise<Pump> {
    const handshake = this.run();
    handshake.catch(() => {}); // reported by whoever waits for it
    if (this.#started === null) await handshake;
    await this.#started;
    return this.#startedPump;
  }

  /** Waits until application data can be sent, which `halfRttData` allows early. */
  untilWritable(): Promise<Pump> {
    const waits = this.#firstComplete || !this.#config.halfRttData;
    return waits ? this.completeFirst() : this.#untilFlight();
  }

  /** Waits until a server's first flight is sent, or else until the handshake is complete. */
  async #untilFlight(): Promise<Pump> {
    const { writable } = this.#teardown;
    const handshake = this.run();
    let isOver = false;
    const end = () => {
      isOver = true;
      writable.notify();
    };
    handshake.then(end, end);
    const pump = await this.begin();
    while (!isOver && !pump.engine.writable) await writable.wait();
    if (isOver) await handshake;
    return pump;
  }

  get #config(): SslConfig {
    return configOf(this.#socket);
  }

  get #startedPump(): Pump {
    if (this.#pump !== null) return this.#pump;
    throw notComplete("Cannot tell: the handshake is not complete");
  }

  async #boundedHandshake(): Promise<ChannelInfo> {
    this.#teardown.explain = (error) => {
      const config = effectiveConfig(this.#config);
      return explainHandshakeError(error, config, this.#chunks.returned > 0);
    };
    const bounds = { timeout: this.#config.handshakeTimeout, signal: this.#options.signal };
    try {
      return await withinBounds(
        bounds,
        () => this.#teardown.unlessBroken(this.#runHandshake()),
        (error) => this.#teardown.break(error),
        this.#liveness,
      );
    } catch (error) {
      throw await (this.#pump ?? this.#teardown).fail(error);
    }
  }

  async #runHandshake(): Promise<ChannelInfo> {
    const pump = this.#pump = this.#start();
    const { engine } = pump;
    await (this.#started = engine.start());
    while (!engine.connected) {
      // Not awaited: over an unbuffered transport two ends that both write would deadlock.
      pump.startSending();
      await pump.receive();
    }
    await pump.send();
    const info = await this.#callHandshakeCallback(engine);
    this.#firstComplete = true;
    this.#teardown.explain = null;
    return info;
  }

  /** Creates the engine with the current configuration. */
  #start(): Pump {
    const { transport } = this.#teardown;
    this.#teardown.throwUnlessOpen();
    checkForRole(this.#config, this.#options.given ?? []);
    if (this.#config.noDelay) transport.setNoDelay();
    lockConfig(this.#socket);
    const engine = new SslEngine({
      hooks: new SocketHooks(this.#socket),
      config: effectiveConfig(this.#config),
      latestConfig: () => effectiveConfig(this.#config),
      peerAddress: addressText(transport.remoteAddr),
      environment: this.#options.environment ?? PLATFORM,
      onProgress: () => pump.onProgress(),
      onAlert: (direction, alert) => this.#callAlertCallback(direction, alert),
      window: this.#options.window,
      messageFilter: this.#options.messageFilter,
      earlyWrite: this.#early,
    });
    const pump = new Pump({
      engine,
      chunks: this.#chunks,
      teardown: this.#teardown,
      liveness: this.#liveness,
      config: this.#config,
      // The next read or write reports the error.
      onRehandshake: () =>
        this.#runRehandshake(pump, {}, () => this.#firstCallback()).catch(() => {}),
    });
    return pump;
  }

  /** Waits for the callback of the first handshake, during which the peer may begin another one. */
  async #firstCallback(): Promise<void> {
    await this.#latest;
    lockConfig(this.#socket); // again, after the callback
  }

  async #callHandshakeCallback(engine: SslEngine): Promise<ChannelInfo> {
    unlockConfig(this.#socket);
    const info = engine.channelInfo;
    try {
      await this.#config.handshakeCallback?.(this.#socket, info);
    } catch (error) {
      throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
    }
    return info;
  }

  /** Calls the alert callback asynchronously, because the engine is still processing the alert. */
  #callAlertCallback(direction: AlertDirection, alert: Alert): void {
    const { alertSentCallback, alertReceivedCallback } = this.#config;
    const callback = direction === "sent" ? alertSentCallback : alertReceivedCallback;
    if (callback === null) return;
    Promise.resolve().then(() => callback(this.#socket, alert)).catch(() => {}); // not reported
  }

  /** Runs another handshake, or joins the current one. */
  #runRehandshake(
    pump: Pump,
    bounds: HandshakeBounds,
    begin: () => Promise<void>,
  ): Promise<ChannelInfo> {
    if (this.#rehandshake !== null) return this.#rehandshake;
    lockConfig(this.#socket);
    this.#rehandshake = this.#boundedRehandshake(pump, bounds, begin).finally(() => {
      unlockConfig(this.#socket);
      this.#rehandshake = null;
    });
    return this.#rehandshake;
  }

  async #boundedRehandshake(
    pump: Pump,
    bounds: HandshakeBounds,
    begin: () => Promise<void>,
  ): Promise<ChannelInfo> {
    const { engine } = pump;
    const timeout = bounds.timeout ?? this.#config.handshakeTimeout;
    let begun = false;
    let earlyError: SslError | null = null;
    const giveUp = (error: SslError): void => {
      // A handshake in progress cannot be undone, nor one whose callback runs; one that the peer
      // has not begun can be given up.
      if (engine.renegotiating || (begun && engine.rehandshake === null)) {
        this.#teardown.break(error);
      } else if (begun) engine.giveUpReHandshake(error);
      else earlyError ??= error; // nothing to give up yet
    };
    return await withinBounds(
      { ...bounds, timeout },
      async () => {
        // Beginning may call a cache or a hook, which may take time as well.
        await this.#teardown.unlessBroken(this.#begin(pump, begin));
        begun = true;
        const done = this.#teardown.unlessBroken(Promise.resolve(engine.rehandshake));
        done.catch(() => {}); // awaited in #pumpUntil
        if (earlyError !== null) giveUp(earlyError);
        return await this.#teardown.unlessBroken(this.#pumpUntil(done, pump));
      },
      giveUp,
      this.#liveness,
    );
  }

  /**
   * Begins another handshake. If that fails, the connection continues, unless the engine has
   * failed.
   */
  async #begin(pump: Pump, begin: () => Promise<void>): Promise<void> {
    try {
      await begin();
    } catch (error) {
      throw pump.engine.error === null ? error : await pump.fail(error);
    }
  }

  /** Runs the pump until another handshake is over, besides concurrent reads and writes. */
  async #pumpUntil(done: Promise<unknown>, pump: Pump): Promise<ChannelInfo> {
    // Not a race with `done`, which would keep something of each turn until it settles.
    let turn = deferred<void>();
    let isOver = false;
    const end = () => {
      isOver = true;
      turn.resolve();
    };
    done.then(end, end);
    while (!isOver && pump.engine.rehandshake !== null) {
      pump.startSending();
      turn = deferred();
      pump.receiveForHandshake().then(turn.resolve, turn.reject);
      await turn.promise;
    }
    await done;
    await pump.send();
    try {
      const info = await this.#callHandshakeCallback(pump.engine);
      this.#latest = Promise.resolve(info);
      return info;
    } catch (error) {
      throw await pump.fail(error);
    }
  }
}

function notComplete(message: string): SslError {
  return new SslError("SSL_ERROR_HANDSHAKE_NOT_COMPLETED", message);
}

function addressText(address: unknown): string {
  return typeof address === "object" && address !== null ? JSON.stringify(address) : "";
}
