"use client"
import { cancelBooking } from "@/app/bookings/actions"

export function CancelButton({ id }: { id: string }) {
  return <button onClick={() => cancelBooking(id)}>Cancel</button>
}
