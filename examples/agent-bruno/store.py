"""Where sessions and transcripts live: Redis and MongoDB, each behind its pool; either may be left out."""

from mongo import Mongo
from pool import Pool
from resp import Redis

PREFIX = "bruno:session:"
BATCH = 500


class Store:
    def __init__(self, settings):
        name, buffer = settings.app_name, settings.connection_kib * 1024
        self.redis = self.mongo = None
        if settings.redis_url:
            self.redis = Pool("redis", settings.redis_pool, buffer, lambda: Redis(settings.redis_url, name))
        if settings.mongo_url:
            self.mongo = Pool("mongo", settings.mongo_pool, buffer, lambda: Mongo(settings.mongo_url, name))
        self.lost_transcripts = 0

    @property
    def pools(self):
        return [pool for pool in (self.redis, self.mongo) if pool]

    def check(self):
        """Raises if Redis, without which there are no sessions, can't be used."""
        if self.redis:
            self.redis.run(lambda redis: redis.command("PING"))

    def save_sessions(self, payloads, ttl):
        """Writes sessions (id → bytes), each with its time to live."""
        if self.redis:
            commands = [("SET", PREFIX + key, payload, "EX", ttl) for key, payload in payloads.items()]
            self.redis.run(lambda redis: redis.pipeline(commands))

    def load_session(self, key):
        return self.redis.run(lambda redis: redis.command("GET", PREFIX + key)) if self.redis else None

    def expired(self, keys):
        """Those of these sessions that Redis no longer has."""
        gone = []
        for start in range(0, len(keys), BATCH):
            some = keys[start : start + BATCH]
            answers = self.redis.run(lambda redis: redis.pipeline([("EXISTS", PREFIX + key) for key in some]))
            gone += [key for key, there in zip(some, answers) if not there]
        return gone

    def save_transcript(self, session, message, answer):
        """A transcript that can't be written is counted and lost: the chat goes on."""
        if not self.mongo:
            return
        document = {"session": session, "message": message[:1000], "answer": answer[:1000]}
        try:
            self.mongo.run(lambda mongo: mongo.command({"insert": "messages", "documents": [document]}))
        except Exception as error:
            self.lost_transcripts += 1
            print(f"WARNING transcript not written: {error}", flush=True)
