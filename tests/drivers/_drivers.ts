// Copyright 2026 the NSS for Deno authors. MIT license.

/** The drivers of npm's, as docs/recipes.md tells of them. @module */

/** What is known of a driver. */
export interface Driver {
  /** The job, as a heading. */
  readonly job: string;
  /** Its package on npm. */
  readonly package: string;
  /** The version that is tested. */
  readonly version: string;
  /** What it is tested with, and how that is called by Debian. */
  readonly server: string;
  /** The files of its recipe, in `recipes/`. */
  readonly recipes: readonly string[];
  /** How it comes to our TLS. */
  readonly way: "node:tls" | "its option" | "relay()";
  /** Whether TLS begins after words in the clear: always, if the server is asked so, or never. */
  readonly startTls: "always" | "too" | "no";
  /** What its test shows besides what all show; each is a step there. */
  readonly also: readonly string[];
  /** What a reader must know, as Markdown. */
  readonly note?: string;
  /** Whether CI runs it each time; the others run in a soak. */
  readonly inSample: boolean;
}

/** Told of several. */
const LATE_REFUSAL = "Without a client certificate the server's own words come, after the login.";

export const DRIVERS = {
  pg: {
    job: "PostgreSQL with pg",
    package: "pg",
    version: "8.23.1",
    server: "PostgreSQL",
    recipes: ["pg.ts"],
    way: "node:tls",
    startTls: "always",
    also: ["SCRAM-SHA-256-PLUS", "fifty connections of a pool"],
    note: "`enableChannelBinding` binds the login to the connection (SCRAM-SHA-256-PLUS).",
    inSample: true,
  },
  postgres: {
    job: "PostgreSQL with postgres.js",
    package: "postgres",
    version: "3.4.9",
    server: "PostgreSQL",
    recipes: ["postgres.ts"],
    way: "node:tls",
    startTls: "always",
    also: [],
    note:
      "It has no channel binding. It gives TLS no name where the host is an address: `node:tls` " +
      "then accepts a certificate for `localhost`, ours demands one for the address.",
    inSample: false,
  },
  mysql2: {
    job: "MariaDB and MySQL with mysql2",
    package: "mysql2",
    version: "3.24.6",
    server: "MariaDB",
    recipes: ["mysql2.ts"],
    way: "node:tls",
    startTls: "always",
    also: [],
    note: "Without `verifyIdentity: true` the driver tells TLS not to check the server's name. " +
      LATE_REFUSAL,
    inSample: false,
  },
  mariadb: {
    job: "MariaDB with mariadb",
    package: "mariadb",
    version: "3.5.4",
    server: "MariaDB",
    recipes: ["mariadb.ts"],
    way: "node:tls",
    startTls: "always",
    also: [],
    note: "A pool reports an error of TLS when its time is up (`acquireTimeout`), as its cause.",
    inSample: false,
  },
  ioredis: {
    job: "Redis with ioredis",
    package: "ioredis",
    version: "6.0.0",
    server: "Redis",
    recipes: ["ioredis.ts"],
    way: "node:tls",
    startTls: "no",
    also: [],
    note:
      "It tries again for ever by default: the reason is in its event `error`. End it by `quit()`: " +
      "after `disconnect()` Redis hangs up without close_notify, which is an `error`, too.",
    inSample: true,
  },
  redis: {
    job: "Redis with redis",
    package: "redis",
    version: "6.3.1",
    server: "Redis",
    recipes: ["redis.ts"],
    way: "node:tls",
    startTls: "no",
    also: [],
    inSample: false,
  },
  redisRelay: {
    job: "Redis with redis, over a connection of yours",
    package: "redis",
    version: "6.3.1",
    server: "Redis",
    recipes: ["redis_relay.ts"],
    way: "relay()",
    startTls: "no",
    also: [],
    note:
      "`conn` is any connection: of `Deno.connect()`, through a proxy, or in a tunnel. A relay " +
      "takes one connection, so that redis may not connect again by itself: make a new client " +
      "then. End it by `quit()`: after `close()` and `destroy()` Redis hangs up without " +
      "close_notify, which is an `error`.",
    inSample: false,
  },
  mqtt: {
    job: "MQTT",
    package: "mqtt",
    version: "5.16.0",
    server: "Mosquitto",
    recipes: ["mqtt.ts"],
    way: "its option",
    startTls: "no",
    also: [],
    inSample: true,
  },
  nats: {
    job: "NATS with nats",
    package: "nats",
    version: "2.29.3",
    server: "NATS",
    recipes: ["nats.ts"],
    way: "node:tls",
    startTls: "always",
    also: [],
    note: "Where the server refuses the client's certificate, the driver waits until its time is " +
      "up, on Node as well. It resolves names itself, and tells of the address that it tried last.",
    inSample: false,
  },
  natsTransport: {
    job: "NATS with @nats-io/transport-node",
    package: "@nats-io/transport-node",
    version: "3.4.0",
    server: "NATS",
    recipes: ["nats_transport.ts"],
    way: "node:tls",
    startTls: "always",
    also: [],
    note: "As for nats. `@nats-io/transport-deno` uses `Deno.startTls`, which nothing can replace.",
    inSample: false,
  },
  ldapts: {
    job: "LDAP with ldapts",
    package: "ldapts",
    version: "8.2.0",
    server: "OpenLDAP",
    recipes: ["ldapts.ts", "ldapts_starttls.ts"],
    way: "its option",
    startTls: "too",
    also: [],
    note: "With `tlsOptions` it never says STARTTLS, so that has a recipe of its own: the second.",
    inSample: false,
  },
  nodemailer: {
    job: "Mail by SMTP with nodemailer",
    package: "nodemailer",
    version: "10.6.1",
    server: "Exim",
    recipes: ["nodemailer.ts"],
    way: "node:tls",
    startTls: "too",
    also: [],
    note: "`requireTLS` refuses a server that does not offer STARTTLS; with `secure: true` TLS " +
      "begins at once.",
    inSample: true,
  },
  imapflow: {
    job: "Mail by IMAP with imapflow",
    package: "imapflow",
    version: "2.10.2",
    server: "Dovecot",
    recipes: ["imapflow.ts"],
    way: "node:tls",
    startTls: "too",
    also: [],
    note: "`doSTARTTLS` refuses a server that does not offer STARTTLS; with `secure: true` TLS " +
      "begins at once.",
    inSample: false,
  },
  basicFtp: {
    job: "FTPS with basic-ftp",
    package: "basic-ftp",
    version: "6.2.6",
    server: "vsftpd",
    recipes: ["basic_ftp.ts"],
    way: "node:tls",
    startTls: "always",
    also: ["the session on each data connection"],
    note: "The server takes data only from a connection that resumes the session of the login " +
      "(`require_ssl_reuse`), which Deno's own TLS never does.",
    inSample: false,
  },
  ws: {
    job: "WebSockets with ws",
    package: "ws",
    version: "8.23.0",
    server: "nginx",
    recipes: ["ws.ts"],
    way: "its option",
    startTls: "no",
    also: [],
    inSample: true,
  },
  undici: {
    job: "HTTP with undici",
    package: "undici",
    version: "7.30.2",
    server: "nginx",
    recipes: ["undici.ts"],
    way: "node:tls",
    startTls: "no",
    also: ["HTTP/2"],
    note: "`fetch` of undici takes the agent as its option `dispatcher`; that of Deno cannot.",
    inSample: true,
  },
  http2: {
    job: "HTTP/2 with node:http2",
    package: "node:http2",
    version: "of Deno 2.9.6",
    server: "nginx",
    recipes: ["http2.ts"],
    way: "its option",
    startTls: "no",
    also: [],
    inSample: false,
  },
  grpc: {
    job: "gRPC with @grpc/grpc-js",
    package: "@grpc/grpc-js",
    version: "1.14.7",
    server: "nginx",
    recipes: ["grpc.ts"],
    way: "node:tls",
    startTls: "no",
    also: [],
    note: "nginx stands before a server of the same package, in the clear.",
    inSample: false,
  },
  mongodb: {
    job: "MongoDB with mongodb",
    package: "mongodb",
    version: "7.9.0",
    server: "stunnel",
    recipes: ["mongodb.ts"],
    way: "node:tls",
    startTls: "no",
    also: [],
    note:
      "Debian has no MongoDB: behind stunnel a few answers are written by the test, so what is " +
      "shown is TLS alone.",
    inSample: false,
  },
} as const satisfies { readonly [name: string]: Driver };

/** A driver's name. */
export type DriverName = keyof typeof DRIVERS;

/** A recipe for what no driver does. */
export interface OtherRecipe {
  readonly job: string;
  /** Its file in `recipes/`. */
  readonly recipe: string;
  /** The test that runs it, with which software. */
  readonly test: string;
  readonly note: string;
}

export const OTHER_RECIPES: readonly OtherRecipe[] = [
  {
    job: "SQL Server with tedious",
    recipe: "tedious.ts",
    test: "tedious_test.ts",
    note:
      "A static import of tedious would copy Node's functions before ours are there. Debian has " +
      "no SQL Server: the test's own takes TLS inside packets of TDS, the default, and `encrypt: " +
      '"strict"`, up to the login.',
  },
  {
    job: "HTTP with axios",
    recipe: "axios.ts",
    test: "agents_test.ts",
    note:
      "It takes any agent of `node:https`, and with it the options of `importFD`. Its adapter " +
      "must be `http`: by that of `fetch` it would not use the agent. Tested with `serve()`.",
  },
  {
    job: "HTTP with got",
    recipe: "got.ts",
    test: "agents_test.ts",
    note: "Its own option `https` is refused: what protects is said to `createAgent()`. Tested " +
      "with `serve()`.",
  },
  {
    job: "HTTPS through a proxy",
    recipe: "proxy.ts",
    test: "proxy_test.ts",
    note:
      "As `HTTPS_PROXY` and `NO_PROXY` say, with the name and password of their URLs. A proxy " +
      "may speak TLS itself: it and the server are authenticated each. An agent of `node:https` " +
      "does it by the option `connect` of [createAgent()](./http.md#through-a-proxy). Tested with " +
      "a proxy of `node:http`.",
  },
  {
    job: "Client certificates that IIS and Apache ask for late",
    recipe: "late_client_certificate.ts",
    test: "late_client_certificate_test.ts",
    note: "A folder of theirs may ask for a certificate after the request: by renegotiation in " +
      "TLS 1.2, which Deno's own TLS cannot, or after the handshake in TLS 1.3. Only the safe " +
      "renegotiation of RFC 5746 is done. Tested with Apache.",
  },
  {
    job: "A server that has suites of AES-CBC only",
    recipe: "cbc_server.ts",
    test: "other_recipes_test.ts",
    note: "They are off until they are named, since their padding can tell attackers who measure " +
      "time ([SECURITY.md](../SECURITY.md)). Deno's own TLS has none. Tested with OpenSSL.",
  },
  {
    job: "A server that must not be asked to resume",
    recipe: "no_resumption.ts",
    test: "other_recipes_test.ts",
    note: "Some servers, SQL Server's login among them, end a connection that resumes a session. " +
      "The form of Node's `connect()` resumes only what its option `session` gives. Tested with " +
      "OpenSSL.",
  },
  {
    job: "mkcert, and the authority of a company",
    recipe: "own_authority.ts",
    test: "other_recipes_test.ts",
    note: "`mkcert -CAROOT` prints the folder of `rootCA.pem`. `caCerts` takes the place of the " +
      "runtime's roots; who wants them besides sets `DENO_CERT` to the file. Tested with mkcert " +
      "and OpenSSL.",
  },
  {
    job: "A new certificate without a restart",
    recipe: "hot_reload.ts",
    test: "other_recipes_test.ts",
    note: "Connections that are open go on. [examples/hot_reload.ts](../examples/hot_reload.ts) " +
      "watches the files. Tested with OpenSSL.",
  },
];
