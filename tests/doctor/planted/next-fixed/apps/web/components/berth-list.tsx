"use client"
import { loadBerths } from "@/app/berths/actions"

export function BerthList({ port }: { port: string }) {
  return <button onClick={() => loadBerths(port)}>Show the berths</button>
}
