"""A locustfile of one's own: each user logs in, keeps cookies, and sends canaries where callers send data.

locust -f docs/examples/shop_locustfile.py --app package.module:app --headless --users 20 --operations 5000
"""

from __future__ import annotations

from locust import between, task

from harness.isolation import IsolationUser


class Shopper(IsolationUser):
    """One caller; every answer is searched for what the others sent."""

    wait_time = between(0, 0.02)

    def on_start(self) -> None:
        """Log in, as a caller of one's own."""
        self.client.post("/login", data={"name": self.canary("name")})

    @task(3)
    def search(self) -> None:
        """Search for something; the name puts all searches into one row."""
        self.client.get(f"/search?q={self.canary('q')}", name="/search")

    @task
    def order(self) -> None:
        """Order something, and look at it."""
        answer = self.client.post("/orders", json={"text": self.canary("text")})
        if answer.status_code == 200:
            self.client.get(f"/orders/{answer.json()['order']}", name="/orders/<number>")

    @task
    def profile(self) -> None:
        """Look at one's own profile."""
        self.client.get("/me")
