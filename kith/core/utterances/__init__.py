"""What people say, and what is meant by it: acts, sentences in data files, one a language, and answers in words.

    understand("call mum's mobile", "en")    ->  Intent(CALL, "mum", "mobile"), and what else it may mean
    settle(...)                              ->  whom: one, a question, or nobody

Text stays where it was said: an endpoint understands by itself and asks its server for names alone.
"""
