// Tells the app of every upload. Deploy it after publishing: the key of the webhook exists only then, and
// Event Grid calls the webhook when the subscription is made. It may be deployed again at any time.
targetScope = 'resourceGroup'

@description('Function app that was published.')
@minLength(2)
param functionAppName string

@description('Storage account that holds the container uploads.')
@minLength(3)
param storageAccountName string

@description('Function with the blob trigger.')
@minLength(1)
param functionName string = 'ingest'

@description('Attempts before an event goes to the dead letters.')
@minValue(1)
@maxValue(30)
param maxDeliveryAttempts int = 30

@description('Minutes before an event goes to the dead letters.')
@minValue(1)
@maxValue(1440)
param eventTimeToLiveMinutes int = 1440

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

// modules/events.bicep makes it, with the right to write dead letters.
resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: 'evgt-${storageAccountName}'
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'uploads'
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}&code=${listKeys('${site.id}/host/default', '2024-11-01').systemKeys.blobs_extension}'
        minimumTlsVersionAllowed: '1.2'
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: [
        'Microsoft.Storage.BlobCreated'
      ]
      // With /blobs/ at the end: without it, containers whose names begin alike would match as well.
      subjectBeginsWith: '/blobServices/default/containers/uploads/blobs/'
    }
    retryPolicy: {
      maxDeliveryAttempts: maxDeliveryAttempts
      eventTimeToLiveInMinutes: eventTimeToLiveMinutes
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storage.id
          blobContainerName: 'deadletters'
        }
      }
    }
  }
}
