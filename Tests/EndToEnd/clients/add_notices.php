<?php

// Adds notices as the application of the usual tutorial does: a task on a Redis list for each. On standard input, as
// JSON: the `port` of Redis, the `user`, how many notices to `add`, and for how many microseconds to `pause` after each
// ten. The output is how many were added, and how long the list was when the last one was.

declare(strict_types=1);

$wanted = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);

$redis = new Redis();
$redis->connect('127.0.0.1', $wanted['port']);

$length = 0;
for ($added = 0; $added < $wanted['add']; $added++) {
    if ($added % 10 === 0) {
        usleep($wanted['pause']);
    }
    $length = $redis->lPush('add_one_notice_task:'.$wanted['user'], 1);
    if ($length === false) {
        fwrite(STDERR, $redis->getLastError() ?? 'Redis did not take it');
        exit(1);
    }
}

echo "$added $length\n";
