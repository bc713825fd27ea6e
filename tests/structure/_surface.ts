// Copyright 2026 the NSS for Deno authors. MIT license.

/** The public names and signatures of each entry point, as `deno doc --json` tells them. @module */

import { denoJson, ROOT } from "./_source.ts";

/** Where the lines are kept, a file for each entry point. */
export const FOLDER = new URL("tests/structure/surface/", ROOT);

/** The packages: what another entry point has of them is told there. */
export const PACKAGES = ["./cert", "./pkcs11", "./ssl"] as const;

// The part of `deno doc --json` that is read here

type Type =
  | { kind: "this" }
  | { kind: "keyword" | "typeQuery"; value: string }
  | { kind: "literal"; value: Literal }
  | { kind: "array" | "parenthesized"; value: Type }
  | { kind: "union" | "intersection" | "tuple"; value: Type[] }
  | { kind: "typeRef"; value: { typeName: string; typeParams?: Type[] } }
  | { kind: "typeOperator"; value: { operator: string; tsType: Type } }
  | { kind: "indexedAccess"; value: { objType: Type; indexType: Type } }
  | { kind: "fnOrConstructor"; value: Signature }
  | { kind: "typeLiteral"; value: Members };

type Literal =
  | { kind: "string"; string: string }
  | { kind: "number"; number: number }
  | { kind: "boolean"; boolean: boolean }
  | { kind: "template"; tsTypes: Type[] };

interface Param {
  kind: string;
  name?: string;
  optional?: boolean;
  left?: Param;
  arg?: Param;
  tsType?: Type;
}

interface Signature {
  typeParams?: { name: string; constraint?: Type; default?: Type }[];
  params?: Param[];
  returnType?: Type;
  tsType?: Type;
}

interface Member extends Signature {
  name: string;
  kind?: string;
  optional?: boolean;
  readonly?: boolean;
  isStatic?: boolean;
  accessibility?: string;
  functionDef?: Signature;
}

interface Members {
  constructors?: Member[];
  properties?: Member[];
  methods?: Member[];
  callSignatures?: Signature[];
  indexSignatures?: Signature[];
}

interface Definition extends Members, Signature {
  extends?: string | Type[];
  superTypeParams?: Type[];
  implements?: Type[];
}

/** What stands above a declaration. */
export interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
}

/** One public symbol. */
export interface Symbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly def: Definition;
    readonly jsDoc?: JsDoc;
  }[];
}

type Nodes = Record<string, { symbols: readonly Symbol[] }>;

/** Asks Deno for the symbols of each entry point, by its name. */
export async function readSymbols(
  exports: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, readonly Symbol[]>> {
  // One at a time: of several, what another one has as well is only referred to
  const read = async ([entry, path]: readonly [string, string]) => {
    const { nodes } = await denoJson<{ nodes: Nodes }>("doc", "--json", path);
    return [entry, nodes[new URL(path, ROOT).href]!.symbols] as const;
  };
  return new Map(await Promise.all(Object.entries(exports).map(read)));
}

/** The file that keeps an entry point's lines: `./cert/der` is in `cert_der.txt`. */
export function fileOf(entry: string): string {
  return `${entry === "." ? "root" : entry.slice(2).replace(/\W/g, "_")}.txt`;
}

/** The lines of each entry point; what is in a package, too, is a line that names the package. */
export function surfaceOf(
  symbols: ReadonlyMap<string, readonly Symbol[]>,
): ReadonlyMap<string, readonly string[]> {
  const homes = new Map(
    PACKAGES.flatMap((home) => (symbols.get(home) ?? []).map(({ name }) => [name, home] as const)),
  );
  return new Map([...symbols].map(([entry, list]) => {
    const lines = list.flatMap((symbol) => {
      const home = homes.get(symbol.name) ?? entry;
      return home === entry ? linesOf(symbol) : [`${symbol.name}: as in ${home}`];
    });
    return [entry, [...new Set(lines)].sort()];
  }));
}

/** A symbol's lines: one for it, or for each of its overloads, and one for each of its members. */
export function linesOf({ name, declarations }: Symbol): string[] {
  return declarations.flatMap(({ kind, def }) => {
    switch (kind) {
      case "function":
        return [`${name}${signature(def)}`];
      case "variable":
        return [`${name}: ${type(def.tsType)}`];
      case "typeAlias":
        return [`${name}${typeParams(def)} = ${type(def.tsType)}`];
      case "class":
      case "interface":
        return [`${kind} ${name}${typeParams(def)}${parents(def)}`, ...ownLines(name, def)];
      default:
        throw new TypeError(`Cannot write down ${name}: it is a ${kind}`);
    }
  });
}

/** A parameter of a function. */
export interface Parameter {
  /** Its name. */
  readonly name: string;
  /** Whether it may be absent. */
  readonly isOptional: boolean;
  /** Its type, as it is written down. */
  readonly type: string;
}

/** The parameters of a function, a constructor or a method. */
export function parametersOf({ params = [] }: Pick<Signature, "params">): Parameter[] {
  return params.map((param) => {
    const inner = param.kind === "assign" ? param.left! : param;
    const isOptional = param.kind === "assign" || param.optional === true;
    return { name: inner.name ?? "options", isOptional, type: type(inner.tsType) };
  });
}

function parents(
  { extends: base = [], superTypeParams, implements: more = [] }: Definition,
): string {
  const own = typeof base === "string" ? [base + typeArguments(superTypeParams)] : base.map(type);
  const list = [...own, ...more.map(type)];
  return list.length === 0 ? "" : `: ${list.join(", ")}`;
}

function ownLines(name: string, def: Definition): string[] {
  return members(def).map((member) =>
    /^[(<[]/.test(member) ? `${name}${member}` : `${name}.${member}`
  );
}

/** The members that others may use, each as in a declaration. */
function members(def: Members): string[] {
  const isOpen = ({ accessibility }: Member) => accessibility !== "private";
  const words = (member: Member) =>
    [
      member.accessibility,
      member.isStatic && "static",
      member.readonly && "readonly",
      /^[gs]etter$/.test(member.kind ?? "") && member.kind!.slice(0, 3),
    ].filter(Boolean).map((word) => `${word} `).join("");
  const label = (member: Member) => words(member) + member.name + (member.optional ? "?" : "");
  return [
    ...(def.constructors ?? []).filter(isOpen).map((one) => `constructor${parameters(one)}`),
    ...(def.properties ?? []).filter(isOpen).map((one) => `${label(one)}: ${type(one.tsType)}`),
    ...(def.methods ?? []).filter(isOpen).map((one) =>
      label(one) + signature(one.functionDef ?? one)
    ),
    ...(def.callSignatures ?? []).map((one) => signature(one)),
    ...(def.indexSignatures ?? []).map(({ params, tsType }) =>
      `[${params!.map(parameter).join(", ")}]: ${type(tsType)}`
    ),
  ];
}

function signature(def: Signature, arrow = ": "): string {
  return typeParams(def) + parameters(def) + arrow + type(def.returnType ?? def.tsType);
}

function typeParams({ typeParams: list = [] }: Signature): string {
  if (list.length === 0) return "";
  const written = list.map((one) =>
    one.name + (one.constraint ? ` extends ${type(one.constraint)}` : "") +
    (one.default ? ` = ${type(one.default)}` : "")
  );
  return `<${written.join(", ")}>`;
}

function parameters({ params = [] }: Signature): string {
  return `(${params.map(parameter).join(", ")})`;
}

function parameter({ kind, name, optional, left, arg, tsType }: Param): string {
  if (kind === "assign") return parameter({ ...left!, optional: true });
  if (kind === "rest") return `...${arg!.name}: ${type(tsType)}`;
  return `${name ?? "options"}${optional ? "?" : ""}: ${type(tsType)}`;
}

function typeArguments(list: Type[] | undefined): string {
  return list === undefined || list.length === 0 ? "" : `<${list.map(type).join(", ")}>`;
}

/** A type that is part of another one, in parentheses where it needs them. */
function part(of: Type): string {
  const isLoose = /^(?:union|intersection|typeOperator|fnOrConstructor)$/.test(of.kind);
  return isLoose ? `(${type(of)})` : type(of);
}

function type(of: Type | undefined): string {
  switch (of?.kind) {
    case undefined:
      return "void";
    case "this":
      return "this";
    case "keyword":
      return of.value;
    case "typeQuery":
      return `typeof ${of.value}`;
    case "literal":
      return literal(of.value);
    case "typeRef":
      return of.value.typeName + typeArguments(of.value.typeParams);
    case "array":
      return `${part(of.value)}[]`;
    case "parenthesized":
      return `(${type(of.value)})`;
    case "tuple":
      return `[${of.value.map(type).join(", ")}]`;
    case "union":
      return of.value.map(type).join(" | ");
    case "intersection":
      return of.value.map(part).join(" & ");
    case "typeOperator":
      return `${of.value.operator} ${type(of.value.tsType)}`;
    case "indexedAccess":
      return `${part(of.value.objType)}[${type(of.value.indexType)}]`;
    case "fnOrConstructor":
      return signature(of.value, " => "); // of a constructor, too: there is none in public
    case "typeLiteral":
      return `{ ${members(of.value).join("; ")} }`;
    default:
      throw new TypeError(`Cannot write down a type: ${JSON.stringify(of)} is of no known kind`);
  }
}

function literal(value: Literal): string {
  if (value.kind === "template") return `\`${value.tsTypes.map(templatePart).join("")}\``;
  if (value.kind === "string") return JSON.stringify(value.string);
  return String(value.kind === "number" ? value.number : value.boolean);
}

function templatePart(of: Type): string {
  if (of.kind === "literal" && of.value.kind === "string") return of.value.string;
  return `\${${type(of)}}`;
}
