"""What may not enter by default: names that hold what identifies a person or opens a door."""

DENIED_PROPERTIES = (
    "email", "*_email", "e_mail", "mail",
    "phone", "*_phone", "phone_number", "mobile", "mobile_number",
    "password", "*_password", "passwd", "pwd", "passphrase", "secret", "*_secret", "token", "*_token",
    "authorization", "cookie", "api_key", "private_key",
    "iban", "ssn", "social_security_number", "credit_card", "card_number", "cvv", "cvc",
    "ip", "*_ip", "address", "*_address", "street",
    "first_name", "last_name", "full_name", "surname", "birthday", "birth_date", "date_of_birth",
)  # fmt: skip
"""Names of properties that hold what identifies a person or opens a door, as `lower_case_words`."""

DENIED_ATTRIBUTES = (
    "url.full", "url.query", "http.url", "http.target",
    "net.*.ip", "net.sock.*.addr", "network.peer.address", "source.address", "http.client_ip",
    "user.email", "user.name", "user.full_name", "user.hash", "enduser.*",
    "http.request.header.authorization", "http.request.header.proxy*authorization",
    "http.request.header.cookie", "http.request.header.*forwarded*", "http.request.header.x*ip",
    "http.response.header.set*cookie",
)  # fmt: skip
"""Attributes of spans that hold what identifies a person or opens a door, as OpenTelemetry names them."""
