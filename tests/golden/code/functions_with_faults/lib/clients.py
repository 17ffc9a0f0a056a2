from freshline import Resource


class Warehouse(Resource):
    def __init__(self, url: str) -> None:
        self.url = url


class Mailbox(Resource):
    pass
