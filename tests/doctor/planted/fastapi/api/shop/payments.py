import httpx


class Payments:
    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def charge(self, amount: int) -> str:
        answer = self.client.post("https://pay.example.com/charges", json={"amount": amount})
        return answer.json()["id"]
