type Arguments = { where?: object; data?: object | object[]; create?: object }

const CREATES = ["create", "createMany", "createManyAndReturn"]

/** Add columns to what an operation looks for, and to what it creates. */
export function narrowed<T extends Arguments>(operation: string, args: T, columns: object): T {
  if (CREATES.includes(operation)) {
    const data = args.data ?? {}
    const own = Array.isArray(data)
      ? data.map((row) => ({ ...row, ...columns }))
      : { ...data, ...columns }
    return { ...args, data: own }
  }
  const where = { ...args.where, ...columns }
  return operation === "upsert"
    ? { ...args, where, create: { ...args.create, ...columns } }
    : { ...args, where }
}
