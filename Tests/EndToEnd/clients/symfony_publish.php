<?php

// Publishes with Symfony's Mercure component, as an application would. On standard input, as JSON: `hub` (its URL),
// `token`, or `key` and the topics to `publish`; `update`; and whether to use PHP's `streams` instead of curl. The output
// is JSON too: the `id` that the hub gave, or the `exception` with its message and, if the hub answered, with its answer.

declare(strict_types=1);

use Symfony\Component\HttpClient\HttpClient;
use Symfony\Component\HttpClient\NativeHttpClient;
use Symfony\Component\HttpClient\TraceableHttpClient;
use Symfony\Component\Mercure\Hub;
use Symfony\Component\Mercure\Jwt\FactoryTokenProvider;
use Symfony\Component\Mercure\Jwt\StaticTokenProvider;
use Symfony\Component\Mercure\Update;
use Symfony\Contracts\HttpClient\Exception\HttpExceptionInterface;

require_once 'Symfony/Component/Mercure/autoload.php';
require_once __DIR__.'/SharedKeyTokenFactory.php';

$wanted = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);
$update = $wanted['update'];

$provider = isset($wanted['token'])
    ? new StaticTokenProvider($wanted['token'])
    : new FactoryTokenProvider(new SharedKeyTokenFactory($wanted['key']), [], $wanted['publish']);
// Traced as in Symfony's profiler, which tells what was spoken.
$client = new TraceableHttpClient($wanted['streams'] ? new NativeHttpClient() : HttpClient::create());
$hub = new Hub($wanted['hub'], $provider, httpClient: $client);

try {
    $answer = ['id' => $hub->publish(new Update(
        $update['topics'],
        $update['data'] ?? '',
        $update['private'] ?? false,
        $update['id'] ?? null,
        $update['type'] ?? null,
        $update['retry'] ?? null,
    ))];
} catch (Exception $exception) {
    $answer = ['exception' => $exception::class, 'message' => $exception->getMessage()];
    $cause = $exception->getPrevious();
    if ($cause instanceof HttpExceptionInterface) {
        $answer['status'] = $cause->getResponse()->getStatusCode();
        $answer['body'] = $cause->getResponse()->getContent(false);
    } elseif ($cause !== null) {
        $answer['message'] .= ' '.$cause->getMessage();
    }
}

// curl's number of the version: 2 is HTTP/1.1, 3 is HTTP/2.
$answer['http_version'] = $client->getTracedRequests()[0]['info']['http_version'] ?? null;
echo json_encode($answer, JSON_THROW_ON_ERROR), "\n";
