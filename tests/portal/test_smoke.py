from flask.testing import FlaskClient
def test_home(client: FlaskClient) -> None:
    r = client.get("/"); print(r.status_code); assert r.status_code == 200
