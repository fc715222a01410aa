export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en">{children}</html>
}
