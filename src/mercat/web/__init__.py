"""The dashboard: pages for people, made on the server. A door like the API: parse, open a unit, call one service, render."""
