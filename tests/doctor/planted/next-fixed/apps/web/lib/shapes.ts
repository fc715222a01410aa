import { z } from "zod"

export const newBoat = z.object({ name: z.string().min(1).max(80), length: z.number().positive() })

export const boatChange = newBoat.partial().extend({ id: z.string().uuid() })
